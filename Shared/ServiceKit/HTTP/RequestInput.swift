internal import FoundationEssentials
internal import HTTPTypes
package import Hummingbird
internal import NIOCore

/// The largest body that any route takes.
package let bodyBytesMax = 1_048_576

extension Request {
    /// The whole body.
    /// - Throws: `Problem` 413, naming the limit, before more than it is held; 503 when the bodies of all requests
    ///   together are too much.
    package func readBody(upTo bytesMax: Int = bodyBytesMax) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap(Int.init), length > bytesMax {
            throw Problem.bodyTooLarge(bytesMax: bytesMax)
        }
        var bytes: [UInt8] = []
        defer { BodyBudget.shared.giveBack(bytes.count) }
        do {
            for try await part in body {
                guard bytes.count + part.readableBytes <= bytesMax else {
                    throw Problem.bodyTooLarge(bytesMax: bytesMax)
                }
                try BodyBudget.shared.take(part.readableBytes)
                bytes.append(contentsOf: part.readableBytesView)
            }
        } catch let problem as Problem {
            throw problem
        } catch  where !(error is CancellationError) {
            // The client's end of the connection.
            throw Problem.incompleteRequest
        }
        return bytes
    }

    /// The body as a JSON object, read strictly.
    /// - Throws: `Problem` 415 for another content type, 413 for too much, 400 for what is not JSON, 422 for what is
    ///   JSON but not as expected, naming every field.
    package func readJSON<Value>(
        upTo bytesMax: Int = bodyBytesMax, _ read: (InputFields) -> Value
    ) async throws -> Value {
        guard mediaType == "application/json" || mediaType?.hasSuffix("+json") == true else {
            throw Problem.unsupportedMediaType(expected: "application/json")
        }
        return try readFields(ofJSON: try await readBody(upTo: bytesMax), read)
    }

    /// The body as a URL-encoded form, read strictly.
    package func readForm<Value>(
        upTo bytesMax: Int = bodyBytesMax, _ read: (InputFields) -> Value
    ) async throws -> Value {
        guard mediaType == "application/x-www-form-urlencoded" else {
            throw Problem.unsupportedMediaType(expected: "application/x-www-form-urlencoded")
        }
        return try checked(formFields(try await readBody(upTo: bytesMax)), isText: true, read)
    }

    /// The query, read strictly: an unknown parameter is an error.
    package func readQuery<Value>(_ read: (InputFields) -> Value) throws -> Value {
        try checked(formFields(Array((uri.query ?? "").utf8)), isText: true, read)
    }

    /// The content type without its parameters, in lower case.
    package var mediaType: String? {
        headers[.contentType].map { type in
            type.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        }
    }
}

/// Reads JSON that did not come as a request's body, by the same rules: of a webhook whose signature was checked
/// over the raw bytes first, say.
package func readFields<Value>(
    ofJSON bytes: [UInt8], limits: JSONLimits = JSONLimits(), _ read: (InputFields) -> Value
) throws(Problem) -> Value {
    let document: JSONValue
    do throws(JSONError) {
        document = try JSONValue(parsing: bytes, limits: limits)
    } catch {
        switch error {
        case .malformed(let offset, let reason): throw .malformedJSON("Not JSON at byte \(offset): \(reason).")
        case .limit(let limit): throw .invalidFields([FieldError(field: "", value: nil, expected: limit)])
        }
    }
    guard case .object(let members) = document else {
        throw .invalidFields([FieldError(field: "", value: document.shown, expected: "an object")])
    }
    return try checked(members, isText: false, read)
}

/// Reads a URL-encoded form: of a webhook whose signature was checked over the raw bytes first, say.
///
/// Texts that are not UTF-8 after decoding are left out. Of names that come twice the first counts.
package func formFields(_ bytes: [UInt8]) -> [(String, JSONValue)] {
    bytes.split(separator: UInt8(ascii: "&")).prefix(1_000).compactMap { pair in
        let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = percentDecoded(parts[0]) else { return nil }
        guard parts.count == 2 else { return (name, .string("")) }
        return percentDecoded(parts[1]).map { (name, .string($0)) }
    }
}

private func checked<Value>(
    _ members: [(String, JSONValue)], isText: Bool, _ read: (InputFields) -> Value
) throws(Problem) -> Value {
    let log = InputLog()
    let value = InputFields(members, isText: isText, log: log).all(read)
    guard log.errors.isEmpty else { throw .invalidFields(log.errors) }
    return value
}

/// `%41` is a byte, and in forms plus is a space; nil when the bytes are not UTF-8.
func percentDecoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = true) -> String? {
    var decoded: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
        let digits = rest.prefix(2)
        if byte == UInt8(ascii: "%"), digits.count == 2,
            let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        {
            decoded.append(value)
            rest = rest.dropFirst(2)
        } else {
            decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(validating: decoded, as: UTF8.self)
}
