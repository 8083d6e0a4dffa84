import Domain
import Foundation
import SwiftProtobuf

/// Prints values as JSON for people, one line each, with the field names of the `.proto` files.
package enum WireJSON {
    /// One record's value as a JSON object; `null` for a tombstone.
    ///
    /// What belongs to no known message is shown as it is when it is JSON itself (a stream's position), and else as
    /// `{"bytes": "<base64>"}` (a stream's control records, a state of a newer version, a dead letter).
    /// - Throws: `WireError` when the bytes are not what the topic carries.
    package static func string(_ topic: Topic, key: [UInt8], value: [UInt8]?) throws(WireError) -> String {
        guard let value else { return "null" }
        let key = String(decoding: key, as: UTF8.self)
        guard let message = message(topic, key: key) else { return opaque(value) }
        guard topic.log != nil else { return try json(message, value) }
        // A state's values belong to their service, and may be of another version.
        return (try? json(message, value)) ?? opaque(value)
    }

    /// The key of the records that a stream keeps for itself in its log.
    private static let controlKey = "patchbay-control"

    /// The message that a record carries; nil when none is known.
    private static func message(_ topic: Topic, key: String) -> (any SwiftProtobuf.Message.Type)? {
        guard key != controlKey else { return nil }
        return switch topic {
        case .inbound: WireInboundRecord.self
        case .work: WireWorkCommand.self
        case .workEvents: WireWorkEvent.self
        case .clocks: WireClockSignal.self
        case .outbound: WireOutboundRecord.self
        case .delivery: WireDeliveryEvent.self
        case .slaEvents: WireSLAEvent.self
        case .identity: WireIdentityRecord.self
        case .profiles: WireProfileRecord.self
        case .config: key == ConfigurationEntry.revisionKey ? nil : WireConfigurationRecord.self
        case .deadLetter: nil
        case .connectorState, .contextState, .routerState, .slaTimerState:
            StateMessage.all.first { $0.topic == topic && key.hasPrefix($0.keyPrefix) }?.message
        }
    }

    private static func opaque(_ value: [UInt8]) -> String {
        let text = String(decoding: value, as: UTF8.self)
        // Foundation takes UTF-16 for JSON too, which has zeros.
        let isJSON =
            !value.contains(0)
            && (try? JSONSerialization.jsonObject(with: Data(value), options: .fragmentsAllowed)) != nil
        // A line break may stand between JSON's tokens only, where a space says the same.
        return isJSON
            ? text.escaping(["\r": " ", "\n": " "]) : #"{"bytes":"\#(Data(value).base64EncodedString())"}"#
    }

    private static func json<M: SwiftProtobuf.Message>(_ type: M.Type, _ value: [UInt8]) throws(WireError) -> String {
        let message = try M(decoding: value)
        var options = JSONEncodingOptions()
        options.preserveProtoFieldNames = true
        options.alwaysPrintInt64sAsNumbers = true
        do {
            return try message.jsonString(options: options)
        } catch {
            throw WireError(field: "record", value: "\(value.count) bytes", expected: "a \(M.protoMessageName)")
        }
    }
}
