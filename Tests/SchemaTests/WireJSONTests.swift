import Foundation
import Schema
import Testing

@Suite("Values are printed as JSON for people")
struct WireJSONTests {
    @Test("Every record is one line of JSON with an object", arguments: Sample.all)
    func isOneLine(sample: Sample) throws {
        let text = try WireJSON.string(sample.topic, key: Array("key".utf8), value: sample.bytes)
        #expect(!text.contains("\n"))
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?.isEmpty == false)
    }

    @Test("Field names are those of the .proto files, enums are names and moments numbers")
    func names() throws {
        let text = try WireJSON.string(.delivery, key: [], value: Sample.delivery[0].encoded())
        #expect(
            text == #"{"message_id":"message-2","conversation_id":"conversation-1","at_ms":1763827200123,"#
                + #""sent":{"provider_id":"SM1","attempts":2}}"#)
        let identity = try WireJSON.string(.identity, key: [], value: Sample.identity[0].encoded())
        #expect(identity.contains(#""kind":"IDENTIFIER_KIND_PHONE""#))
    }

    @Test("A tombstone is null, a revision its number, and what is unknown its bytes")
    func others() throws {
        #expect(try WireJSON.string(.identity, key: Array("phone:+1".utf8), value: nil) == "null")
        #expect(try WireJSON.string(.config, key: Array("revision".utf8), value: Array("42".utf8)) == "42")
        #expect(
            try WireJSON.string(.config, key: Array("revision".utf8), value: [0xff]) == #"{"bytes":"/w=="}"#)
        #expect(try WireJSON.string(.deadLetter, key: [], value: [1, 2, 3]) == #"{"bytes":"AQID"}"#)
        #expect(try WireJSON.string(.routerState, key: [0xff], value: [1]) == #"{"bytes":"AQ=="}"#)
    }

    @Test("What a stream keeps for itself is shown as it is")
    func ownRecords() throws {
        let control = Array("patchbay-control".utf8)
        #expect(try WireJSON.string(.work, key: control, value: [0xff]) == #"{"bytes":"/w=="}"#)
        #expect(try WireJSON.string(.work, key: control, value: []) == #"{"bytes":""}"#)
        #expect(try WireJSON.string(.work, key: control, value: [0x37, 0x00]) == #"{"bytes":"NwA="}"#)
        let position = Array(#"{"offset":\#n7,\#r\#n"marks":[]}"#.utf8)
        for topic in Topic.allCases where topic.log != nil {
            let text = try WireJSON.string(topic, key: Array("position".utf8), value: position)
            #expect(text == #"{"offset": 7,  "marks":[]}"#)
        }
    }

    @Test("Bytes that are no record are an error")
    func malformed() {
        #expect(throws: WireError.self) { try WireJSON.string(.work, key: [], value: [0xff]) }
    }
}
