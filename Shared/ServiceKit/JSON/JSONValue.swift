/// A JSON document: members keep their order, whole numbers stay whole.
package indirect enum JSONValue: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case decimal(Double)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])

    /// An object of the given members, in their order; members without a value are left out.
    package static func object(_ members: KeyValuePairs<String, (any JSONRepresentable)?>) -> JSONValue {
        .object(members.compactMap { name, value in value.map { (name, $0.json) } })
    }

    /// The member of this name; nil when there is none or this is no object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.0 == name }?.1
    }

    /// The element at this place; nil when there is none or this is no array.
    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var isNull: Bool {
        if case .null = self { true } else { false }
    }
}

extension JSONValue: Equatable {
    /// Objects are equal when their members are, in any order.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.boolean(let left), .boolean(let right)): return left == right
        case (.integer(let left), .integer(let right)): return left == right
        case (.decimal(let left), .decimal(let right)): return left == right
        case (.string(let left), .string(let right)): return left == right
        case (.array(let left), .array(let right)): return left == right
        case (.object(let left), .object(let right)):
            func sorted(_ members: [(String, JSONValue)]) -> [(String, JSONValue)] { members.sorted { $0.0 < $1.0 } }
            return left.count == right.count && zip(sorted(left), sorted(right)).allSatisfy { $0 == $1 }
        case (.null, _), (.boolean, _), (.integer, _), (.decimal, _), (.string, _), (.array, _), (.object, _):
            return false
        }
    }
}

/// What an answer can hold: `JSONValue.object(["id": item.id, "age": seconds, "note": item.note])`.
package protocol JSONRepresentable {
    var json: JSONValue { get }
}

extension JSONValue: JSONRepresentable {
    package var json: JSONValue { self }
}

extension String: JSONRepresentable {
    package var json: JSONValue { .string(self) }
}

extension Bool: JSONRepresentable {
    package var json: JSONValue { .boolean(self) }
}

extension Int: JSONRepresentable {
    package var json: JSONValue { .integer(Int64(self)) }
}

extension Int32: JSONRepresentable {
    package var json: JSONValue { .integer(Int64(self)) }
}

extension Int64: JSONRepresentable {
    package var json: JSONValue { .integer(self) }
}

extension Double: JSONRepresentable {
    package var json: JSONValue { .decimal(self) }
}

extension Array: JSONRepresentable where Element: JSONRepresentable {
    package var json: JSONValue { .array(map(\.json)) }
}
