internal import FoundationEssentials

/// JSON as Patchbay writes it: `work_item_id` is `workItemID`, times are RFC 3339.
enum Coding {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .custom { path in Key(snakeCase(path.last?.stringValue ?? "")) }
        return Array(try encoder.encode(value))
    }

    /// - Throws: `PatchbayError` `unexpected-answer`.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], status: Int?) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in Key(camelCase(path.last?.stringValue ?? "")) }
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            return try (try? style.parse(text)) ?? Date.ISO8601FormatStyle().parse(text)
        }
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            let detail = "The answer is not what this client knows: \(error)."
            throw PatchbayError(code: .unexpectedAnswer, status: status, detail: detail)
        }
    }

    private static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words.enumerated().map { index, word in
            if index > 0, word == "id" { return "ID" }
            return index == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
        }.joined()
    }

    private static func snakeCase(_ name: String) -> String {
        name.replacing("ID", with: "Id").reduce(into: "") { text, letter in
            if letter.isUppercase, !text.isEmpty { text.append("_") }
            text += letter.lowercased()
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}
