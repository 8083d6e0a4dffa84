package import Domain

/// One field that is not as it should be, as the `errors` of a problem show it.
package struct FieldError: Hashable, Sendable {
    /// Where: `sender.kind`, `attachments[2].url`, or empty for the whole body.
    package var field: String
    /// What came, shortened; nil when nothing came.
    package var value: String?
    /// What is accepted there.
    package var expected: String

    package init(field: String, value: String?, expected: String) {
        self.field = field
        self.value = value
        self.expected = expected
    }
}

/// The named values of a JSON object, a query or a form, read one by one, strictly.
///
/// Reading never throws: what is missing, wrong or unknown is collected, a placeholder is returned, and whoever
/// started the reading (`readJSON`, `readQuery`, `readForm`) throws one problem that names all of it. So a
/// placeholder never gets anywhere.
/// ```swift
/// let reply = try await request.readJSON { body in
///     Reply(text: body.string("text", bytes: 1...65_536), language: body.optionalString("language"))
/// }
/// ```
package struct InputFields {
    private let members: [String: JSONValue]
    private let names: [String]
    private let path: String
    /// Values of queries and forms are all text: numbers are read from it.
    private let isText: Bool
    private let log: InputLog

    init(_ members: [(String, JSONValue)], path: String = "", isText: Bool = false, log: InputLog) {
        self.members = Dictionary(members, uniquingKeysWith: { first, _ in first })
        self.names = members.map(\.0)
        self.path = path
        self.isText = isText
        self.log = log
    }

    /// Whether anything was given under this name.
    package func has(_ name: String) -> Bool { members[name].map { !$0.isNull } ?? false }

    /// Records that a value is wrong for a reason that only the caller knows.
    package func reject(_ name: String, expected: String) {
        log.add(FieldError(field: path + name, value: members[name]?.shown, expected: expected))
    }

    /// A value that must be there; `read` gives nil for one that is not as expected.
    package func required<Value>(
        _ name: String, expected: @autoclosure () -> String, placeholder: @autoclosure () -> Value,
        _ read: (JSONValue) -> Value?
    ) -> Value {
        guard let value = take(name), let read = read(value) else {
            reject(name, expected: expected())
            return placeholder()
        }
        return read
    }

    /// A value that may be missing or null; `read` gives nil for one that is not as expected.
    package func optional<Value>(
        _ name: String, expected: @autoclosure () -> String, _ read: (JSONValue) -> Value?
    ) -> Value? {
        guard let value = take(name) else { return nil }
        guard let read = read(value) else {
            reject(name, expected: expected())
            return nil
        }
        return read
    }

    /// The value and what it is called, marked as known; nil when missing or null.
    private func take(_ name: String) -> JSONValue? {
        log.know(path + name)
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }
}

// MARK: - Values

extension InputFields {
    package func string(_ name: String, bytes: ClosedRange<Int> = 1...1_024) -> String {
        required(name, expected: textForm(bytes), placeholder: "") { $0.text(bytes) }
    }

    package func optionalString(_ name: String, bytes: ClosedRange<Int> = 1...1_024) -> String? {
        optional(name, expected: textForm(bytes)) { $0.text(bytes) }
    }

    /// The name of an entity: printable ASCII without spaces, at most 128 bytes.
    package func id<Kind>(_ name: String, _: ID<Kind>.Type = ID<Kind>.self) -> ID<Kind> {
        required(name, expected: idForm, placeholder: ID("")) { ID(checking: $0.string) }
    }

    package func optionalID<Kind>(_ name: String, _: ID<Kind>.Type = ID<Kind>.self) -> ID<Kind>? {
        optional(name, expected: idForm) { ID(checking: $0.string) }
    }

    package func integer(_ name: String, in range: ClosedRange<Int>) -> Int {
        required(name, expected: integerForm(range), placeholder: range.lowerBound) { number($0, range) }
    }

    package func optionalInteger(_ name: String, in range: ClosedRange<Int>) -> Int? {
        optional(name, expected: integerForm(range)) { number($0, range) }
    }

    package func boolean(_ name: String) -> Bool {
        required(name, expected: "true or false", placeholder: false, flag)
    }

    package func optionalBoolean(_ name: String) -> Bool? {
        optional(name, expected: "true or false", flag)
    }

    /// One of the words of an enumeration.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of _: Choice.Type = Choice.self
    ) -> Choice {
        required(name, expected: choiceForm(Choice.self), placeholder: Choice.allCases.first!) {
            $0.string.flatMap(Choice.init(rawValue:))
        }
    }

    package func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of _: Choice.Type = Choice.self
    ) -> Choice? {
        optional(name, expected: choiceForm(Choice.self)) { $0.string.flatMap(Choice.init(rawValue:)) }
    }

    /// Any JSON value, passed on as it is.
    package func optionalValue(_ name: String) -> JSONValue? { take(name) }

    private func number(_ value: JSONValue, _ range: ClosedRange<Int>) -> Int? {
        let integer = value.integer ?? (isText ? value.string.flatMap(Int64.init) : nil)
        return integer.flatMap(Int.init(exactly:)).flatMap { range.contains($0) ? $0 : nil }
    }

    private func flag(_ value: JSONValue) -> Bool? {
        value.boolean ?? (isText ? value.string.flatMap(Bool.init) : nil)
    }
}

// MARK: - Objects and arrays

extension InputFields {
    package func object<Value>(_ name: String, _ read: (InputFields) -> Value) -> Value {
        guard let value = optionalObject(name, read) else {
            if !has(name) { reject(name, expected: "an object") }
            return read(InputFields([], log: InputLog()))
        }
        return value
    }

    package func optionalObject<Value>(_ name: String, _ read: (InputFields) -> Value) -> Value? {
        guard let value = take(name) else { return nil }
        guard case .object(let members) = value else {
            reject(name, expected: "an object")
            return nil
        }
        return InputFields(members, path: "\(path)\(name).", log: log).all(read)
    }

    /// An array of objects; missing is empty when the count may be zero.
    package func objects<Value>(
        _ name: String, count: ClosedRange<Int>, _ read: (InputFields) -> Value
    ) -> [Value] {
        elements(name, count: count, "objects") { index, value in
            guard case .object(let members) = value else { return nil }
            return InputFields(members, path: "\(path)\(name)[\(index)].", log: log).all(read)
        }
    }

    /// An array of texts; missing is empty when the count may be zero.
    package func strings(
        _ name: String, count: ClosedRange<Int>, bytes: ClosedRange<Int> = 1...1_024
    ) -> [String] {
        elements(name, count: count, textForm(bytes)) { _, value in value.text(bytes) }
    }

    /// An object whose members are all texts, by name, in the order given; missing is empty.
    package func dictionary(
        _ name: String, countMax: Int, bytes: ClosedRange<Int> = 1...1_024
    ) -> [(name: String, value: String)] {
        guard let value = take(name) else { return [] }
        let expected = "an object of at most \(countMax) members, each \(textForm(bytes))"
        guard case .object(let members) = value, members.count <= countMax else {
            reject(name, expected: expected)
            return []
        }
        return members.compactMap { member, value in
            guard let text = value.text(bytes), member.utf8.count <= 128 else {
                log.add(FieldError(field: "\(path)\(name).\(member)", value: value.shown, expected: textForm(bytes)))
                return nil
            }
            return (member, text)
        }
    }

    private func elements<Value>(
        _ name: String, count: ClosedRange<Int>, _ kind: String, _ read: (Int, JSONValue) -> Value?
    ) -> [Value] {
        let expected = "an array of \(count.lowerBound) to \(count.upperBound) elements, each \(kind)"
        guard let value = take(name) else {
            if count.lowerBound > 0 { reject(name, expected: expected) }
            return []
        }
        guard let elements = value.array, count.contains(elements.count) else {
            reject(name, expected: expected)
            return []
        }
        return elements.enumerated().compactMap { index, element in
            if let value = read(index, element) { return value }
            log.add(FieldError(field: "\(path)\(name)[\(index)]", value: element.shown, expected: kind))
            return nil
        }
    }

    /// Reads everything that the caller wants, then names what it did not ask for.
    func all<Value>(_ read: (InputFields) -> Value) -> Value {
        let value = read(self)
        for name in names where !log.knows(path + name) {
            log.add(FieldError(field: path + name, value: members[name]?.shown, expected: "no such field"))
        }
        return value
    }
}
