/// How an id is kept. A text that is a UUID in lower case is never kept as a text, so equal ids have equal forms.
package enum IDForm: Hashable, Comparable, Sendable {
    case uuid(UInt64, UInt64)
    case text(String)

    package init(_ text: String) {
        self = Self.parsed(text) ?? .text(text)
    }

    package var text: String {
        switch self {
        case .text(let text): text
        case .uuid(let high, let low): Self.written(high, low)
        }
    }

    @inlinable
    package static func == (left: IDForm, right: IDForm) -> Bool {
        switch (left, right) {
        case (.uuid(let a, let b), .uuid(let c, let d)): a == c && b == d
        case (.text(let left), .text(let right)): left == right
        case (.uuid, .text), (.text, .uuid): false
        }
    }

    /// The order of the texts: that of two UUIDs in lower case is that of their numbers.
    @inlinable
    package static func < (left: IDForm, right: IDForm) -> Bool {
        switch (left, right) {
        case (.uuid(let a, let b), .uuid(let c, let d)): a != c ? a < c : b < d
        case (.text(let left), .text(let right)): left < right
        case (.uuid, .text), (.text, .uuid): left.text < right.text
        }
    }

    @inlinable
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .uuid(let high, let low):
            hasher.combine(high)
            hasher.combine(low)
        case .text(let text): hasher.combine(text)
        }
    }

    /// What dictionaries ask for. Two multiplications, one with a secret, spread UUIDs as well as the standard library's
    /// hash does in less time, and nobody outside can tell which of them fall together.
    @inlinable
    package func _rawHashValue(seed: Int) -> Int {
        switch self {
        case .uuid(let high, let low):
            let secret = Self.secret
            let once = Self.folded(high ^ secret.0, low ^ secret.1)
            return Int(truncatingIfNeeded: Self.folded(once ^ UInt64(truncatingIfNeeded: seed), 0x9e37_79b9_7f4a_7c15))
        case .text(let text): return text._rawHashValue(seed: seed)
        }
    }

    /// Both halves of the product, one over the other.
    /// - Source: Wang Yi, wyhash, 2019.
    @inlinable
    package static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// Of this process, as the standard library's hashes are: nothing that is written may depend on it.
    package static let secret = (
        UInt64(bitPattern: Int64("high".hashValue)), UInt64(bitPattern: Int64("low".hashValue))
    )

    /// Bytes of the text, and where a UUID has its dashes.
    private static let length = 36
    private static func isDash(_ index: Int) -> Bool { index == 8 || index == 13 || index == 18 || index == 23 }

    private static func parsed(_ text: String) -> IDForm? {
        guard text.utf8.count == length else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var index = 0
        for byte in text.utf8 {
            defer { index += 1 }
            if isDash(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if index < 18 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
        }
        return .uuid(words.0, words.1)
    }

    private static func written(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: length) { buffer in
            var shift: UInt64 = 64
            for index in 0..<length {
                if isDash(index) {
                    buffer[index] = UInt8(ascii: "-")
                    continue
                }
                if shift == 0 { shift = 64 }
                shift -= 4
                let digit = UInt8(((index < 18 ? high : low) >> shift) & 15)
                buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return length
        }
    }
}
