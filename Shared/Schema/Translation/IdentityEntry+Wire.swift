package import Domain
import SwiftProtobuf

extension Identifier {
    /// The key of `patchbay.identity` and `patchbay.profiles`, as in `phone:+33612345678`.
    package var key: String { "\(kind.rawValue):\(value)" }
}

extension IdentityEntry: WireRecord {
    package static var topic: Topic { .identity }

    package var kindName: String { "entry" }

    package var record: WireIdentityRecord { .with { $0.entry = wire } }

    package init(record: WireIdentityRecord) throws(WireError) {
        switch record.kind {
        case nil: throw .unknownKind()
        case .entry(let entry): self = try .required("entry", entry)
        }
    }

    package var wire: WireIdentityEntry {
        .with {
            $0.identifier = identifier.wire
            $0.customerID = customerID.rawValue
            $0.evidence = evidence.wire
            $0.linkedAtMs = linkedAt.wire
        }
    }

    package init(wire: WireIdentityEntry) throws(WireError) {
        self.init(
            identifier: try .required("identifier", wire.hasIdentifier ? wire.identifier : nil),
            customerID: try .required("customer_id", wire.customerID),
            evidence: try .required("evidence", wire.evidence),
            linkedAt: try .required("linked_at_ms", wire.linkedAtMs))
    }
}
