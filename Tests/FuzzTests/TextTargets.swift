import Domain
import Foundation
import Schema
import Streams
import TestSupport

@testable import ConnectorApp
@testable import ContextApp
@testable import Curl
@testable import Kafka
@testable import PatchbayCLI
@testable import ServiceKit

// What arrives as text: bodies, queries, headers, names, answers of others.

extension FuzzTarget {
    static let text: [FuzzTarget] = [
        FuzzTarget(
            name: "json",
            corpus: texts(
                #"{"a":[1,-2.5e3,true,null,"\u00e9\n\ud83d\ude00"],"b":{"c":{}}}"#, #"[[[[["deep"]]]]]"#, "0",
                #"{"message_id":"p-1","from":{"kind":"handle","value":"lena"},"text":"Bonjour"}"#),
            dictionary: ["{", "}", "[", "]", ":", ",", "\"", "\\u", "1e400", "-0", "true", "null", "\u{feff}"],
            share: 2
        ) { bytes in
            guard let value = try? JSONValue(parsing: bytes) else { return }
            // What was read can be written, and read again as the same.
            let text = value.text
            guard let again = try? JSONValue(parsing: text.utf8), again.text == text else {
                throw Finding("written as \(text), which reads otherwise")
            }
        },
        FuzzTarget(
            name: "channel-message",
            corpus: texts(
                #"{"message_id":"p-1","from":{"kind":"handle","value":"lena"},"text":"Bonjour","subject":"s"}"#,
                #"{"message_id":"p","from":{"kind":"phone","value":"+33 6 12 34 56 78"},"text":"t","language":"fr-CA"}"#,
                #"{"message_id":"p","text":"t","continue_token":"a.b","claim":"a.b.c","display_name":"Lena"}"#),
            dictionary: ["email", "visitor", "phone", "null", "{}", "[]"]
        ) { bytes in
            for channel in ChannelKind.allCases {
                guard let post = try? readFields(ofJSON: bytes, { MessagePost($0, channel: channel) }) else { continue }
                _ = post.sender.map {
                    IdentifierForm.identifier($0.kind, $0.value, account: ChannelAccountID("page"))
                }
            }
        },
        FuzzTarget(
            name: "form",
            corpus: texts(
                "From=%2B33612345678&Body=Bonjour+Lena&MessageSid=SM1&NumMedia=0", "a=b&a=c&=&%&%4&%zz=1",
                "limit=50&cursor=WyIxIl0&wait_for=inbound/0/42"),
            dictionary: ["&", "=", "%", "+", "%C3%A9", "%FF"]
        ) { bytes in
            let fields = formFields(bytes)
            let pairs = fields.compactMap { name, value in value.string.map { (name: name, value: $0) } }
            let again = formFields(FormBody.encode(pairs)).compactMap { name, value in value.string.map { (name, $0) } }
            guard again.elementsEqual(pairs, by: { $0.0 == $1.name && $0.1 == $1.value }) else {
                throw Finding("a form of \(pairs.count) fields reads otherwise when it is written again")
            }
        },
        FuzzTarget(
            name: "cursors-and-names",
            corpus: texts(
                Cursor(["1800000000000", "message/m1"]).text, "inbound/0/42", "\"a \\\"key\\\"\"; x=1", "plain-key",
                "patchbay.inbound.message-received.v1", "context/patchbay.inbound/3/1234/0")
        ) { bytes in
            let text = bytes.text
            if let cursor = Cursor(text: text), Cursor(text: cursor.text) != cursor { throw Finding("cursor") }
            if let position = Position(text), Position(position.description) != position { throw Finding("position") }
            if let origin = Origin(text), Origin(origin.description) != origin { throw Finding("origin") }
            _ = IdempotencyKey.parse(text)
            _ = LetterName(argument: text)
            for kind in IdentifierKind.allCases { _ = Identifier(kind, text) }
            _ = SearchWords(text).pattern
        },
        FuzzTarget(
            name: "times-and-traces",
            corpus: texts(
                "2026-11-22T12:00:00Z", "2026-11-22T12:00:00.123456789+05:30", "Sun, 06 Nov 1994 08:49:37 GMT",
                "0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            dictionary: ["-00:00", "24:00:00", "02-30", "+0000", "0000", "ff-"], share: 2
        ) { bytes in
            let text = bytes.text
            if let instant = Instant(rfc3339: text), Instant(rfc3339: instant.rfc3339) != instant {
                throw Finding("\(instant.milliseconds) reads otherwise when it is written")
            }
            _ = Instant(httpDate: text)
            if let trace = TraceContext(traceparent: text) {
                guard TraceContext(traceparent: trace.traceparent)?.traceparent == trace.traceparent else {
                    throw Finding("traceparent")
                }
                _ = TraceContext.child(of: trace, origin: text)
            }
            let answer = CurlResponse(
                status: 429, headers: [CurlHeader("Retry-After", text)], body: [])
            _ = answer.retryAfterSeconds(at: Instant(milliseconds: 1_800_000_000_000))
        },
        FuzzTarget(
            name: "receivers-answers",
            corpus: texts(
                #"{"sid":"SM1","code":null,"status":"queued"}"#, #"{"code":21211,"message":"no","status":400}"#,
                #"{"messages":[{"sid":"SM1","body":"b","direction":"outbound-api","date_created":"Sun, 06 Nov 1994 08:49:37 +0000"}]}"#,
                #"{"type":"about:blank","title":"Busy","status":503,"detail":"later"}"#)
        ) { bytes in
            let answer = try? JSONValue(parsing: bytes)
            _ = answer?["code"]?.integer
            _ = answer?["sid"]?.string
            for message in answer?["messages"]?.array ?? [] {
                _ = message["date_created"]?.string.flatMap(Instant.init(httpDate:))
            }
        },
        FuzzTarget(
            name: "statistics",
            corpus: texts(
                #"{"name":"rdkafka#consumer-1","replyq":0,"msg_cnt":0,"tx_bytes":1,"rx_bytes":2,"txmsgs":0,"rxmsgs":5,"topics":{"t":{"partitions":{"0":{"partition":0,"consumer_lag":-1,"hi_offset":7,"fetchq_cnt":1,"txbytes":0,"rxbytes":9},"-1":{"partition":-1,"consumer_lag":-1,"hi_offset":-1001,"fetchq_cnt":0,"txbytes":0,"rxbytes":0}}}}}"#
            ),
            dictionary: ["-1001", "partition", "{}"], share: 0.5
        ) { bytes in
            guard let statistics = Statistics(json: bytes.text) else { return }
            _ = statistics.partitions.map(\.highOffset)
        },
        FuzzTarget(
            name: "addresses",
            corpus: texts("10.0.0.0/8", "fc00::/7", "::ffff:127.0.0.1/128", "192.168.1.1/32", "fe80::1%eth0/64")
        ) { bytes in _ = AddressRange(bytes.text) },
    ]
}
