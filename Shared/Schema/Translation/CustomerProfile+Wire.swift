package import Domain
import SwiftProtobuf

extension CustomerProfile: WireRecord {
    package static var topic: Topic { .profiles }

    package var kindName: String { "profile" }

    package var record: WireProfileRecord { .with { $0.profile = wire } }

    package init(record: WireProfileRecord) throws(WireError) {
        switch record.kind {
        case nil: throw .unknownKind()
        case .profile(let profile): self = try .required("profile", profile)
        }
    }

    package var wire: WireCustomerProfile {
        .with {
            $0.customerID = customerID.rawValue
            if let name { $0.name = name }
            if let language { $0.language = language }
            $0.verifiedIdentifiers = verifiedIdentifiers.map(\.wire)
            $0.attributes = attributes.map { attribute in
                .with {
                    $0.name = attribute.name
                    $0.value = attribute.value
                }
            }
            $0.consents = consents.map(\.wire)
        }
    }

    package init(wire: WireCustomerProfile) throws(WireError) {
        self.init(
            customerID: try .required("customer_id", wire.customerID),
            name: wire.hasName ? wire.name : nil,
            language: wire.hasLanguage ? wire.language : nil,
            verifiedIdentifiers: try Identifier.list("verified_identifiers", wire.verifiedIdentifiers),
            attributes: wire.attributes.map { Attribute(name: $0.name, value: $0.value) },
            consents: try ChannelKind.list("consents", wire.consents))
    }
}
