import Domain
import Foundation
import SwiftProtobuf

/// Prints values as JSON for people, one line each, with the field names of the `.proto` files.
package enum WireJSON {
    /// One record's value as a JSON object; `null` for a tombstone.
    ///
    /// What belongs to no known message (a stream's own position records, a state kept by a newer version, a
    /// dead letter) is shown as `{"bytes": "<base64>"}`.
    /// - Throws: `WireError` when the bytes are not what the topic carries.
    package static func string(_ topic: Topic, key: [UInt8], value: [UInt8]?) throws(WireError) -> String {
        guard let value else { return "null" }
        let key = String(decoding: key, as: UTF8.self)
        if topic == .config, key == ConfigurationEntry.revisionKey {
            return Int64(String(decoding: value, as: UTF8.self)).map(String.init) ?? bytes(value)
        }
        guard let message = message(topic, key: key) else { return bytes(value) }
        return try json(message, value)
    }

    /// The message that a record carries; nil when none is known.
    private static func message(_ topic: Topic, key: String) -> (any SwiftProtobuf.Message.Type)? {
        switch topic {
        case .inbound: WireInboundRecord.self
        case .work: WireWorkCommand.self
        case .workEvents: WireWorkEvent.self
        case .clocks: WireClockSignal.self
        case .outbound: WireOutboundRecord.self
        case .delivery: WireDeliveryEvent.self
        case .slaEvents: WireSLAEvent.self
        case .identity: WireIdentityRecord.self
        case .profiles: WireProfileRecord.self
        case .config: WireConfigurationRecord.self
        case .deadLetter: nil
        case .connectorState, .contextState, .routerState, .slaTimerState:
            StateMessage.all.first { $0.topic == topic && key.hasPrefix($0.keyPrefix) }?.message
        }
    }

    private static func bytes(_ value: [UInt8]) -> String {
        #"{"bytes":"\#(Data(value).base64EncodedString())"}"#
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
