/// How an id is kept. A text takes the first form that it fits, so equal ids have equal forms.
@frozen public enum IDForm: Hashable, Comparable, Sendable {
    /// A UUID in lower case.
    case uuid(UInt64, UInt64)
    /// Up to 15 bytes of ASCII, the first in the highest byte, and zeros.
    case short(UInt64, UInt64)
    case text(String)

    public init(_ text: String) {
        self = Self.parsed(text) ?? Self.packed(text) ?? .text(text)
    }

    public var text: String {
        switch self {
        case .text(let text): text
        case .short(let high, let low): Self.unpacked(high, low)
        case .uuid(let high, let low): Self.written(high, low)
        }
    }

    @inlinable
    public static func == (left: IDForm, right: IDForm) -> Bool {
        switch (left, right) {
        case (.uuid(let a, let b), .uuid(let c, let d)), (.short(let a, let b), .short(let c, let d)):
            a == c && b == d
        case (.text(let left), .text(let right)): left == right
        case (.uuid, _), (.short, _), (.text, _): false
        }
    }

    /// The order of the texts: that of two UUIDs in lower case, or of two short texts, is that of their numbers.
    @inlinable
    public static func < (left: IDForm, right: IDForm) -> Bool {
        switch (left, right) {
        case (.uuid(let a, let b), .uuid(let c, let d)), (.short(let a, let b), .short(let c, let d)):
            a != c ? a < c : b < d
        case (.text(let left), .text(let right)): left < right
        case (.uuid, _), (.short, _), (.text, _): left.text < right.text
        }
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .uuid(let high, let low), .short(let high, let low):
            hasher.combine(high)
            hasher.combine(low)
        case .text(let text): hasher.combine(text)
        }
    }

    /// What dictionaries ask for. Two multiplications, one with a secret, spread 16 bytes as well as the standard
    /// library's hash does in less time, and nobody outside can tell which of them fall together.
    @inlinable
    public func _rawHashValue(seed: Int) -> Int {
        switch self {
        case .uuid(let high, let low), .short(let high, let low):
            let secret = Self.secret
            let once = Self.folded(high ^ secret.0, low ^ secret.1)
            return Int(truncatingIfNeeded: Self.folded(once ^ UInt64(truncatingIfNeeded: seed), 0x9e37_79b9_7f4a_7c15))
        case .text(let text): return text._rawHashValue(seed: seed)
        }
    }

    /// Both halves of the product, one over the other.
    /// - Source: Wang Yi, wyhash, 2019.
    @inlinable
    public static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// Of this process, as the standard library's hashes are: nothing that is written may depend on it.
    public static let secret = (
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

    private static func packed(_ text: String) -> IDForm? {
        let count = text.utf8.count
        guard count < 16 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var index: UInt64 = 0
        for byte in text.utf8 {
            guard byte > 0, byte < 0x80 else { return nil }
            let shift = 56 - index % 8 * 8
            if index < 8 { words.0 |= UInt64(byte) << shift } else { words.1 |= UInt64(byte) << shift }
            index += 1
        }
        return .short(words.0, words.1)
    }

    private static func unpacked(_ high: UInt64, _ low: UInt64) -> String {
        let count = 16 - (low != 0 ? low.trailingZeroBitCount : 64 + high.trailingZeroBitCount) / 8
        return String(unsafeUninitializedCapacity: count) { buffer in
            for index in 0..<count {
                let word = index < 8 ? high : low
                buffer[index] = UInt8(truncatingIfNeeded: word >> UInt64(56 - index % 8 * 8))
            }
            return count
        }
    }

    private static func written(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: length) { buffer in
            var index = 0
            for nibble: UInt64 in 0..<32 {
                if isDash(index) {
                    buffer[index] = UInt8(ascii: "-")
                    index &+= 1
                }
                let digit = UInt8(truncatingIfNeeded: (nibble < 16 ? high : low) &>> (60 &- (nibble & 15) &* 4)) & 15
                buffer[index] = digit &+ (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10)
                index &+= 1
            }
            return length
        }
    }
}
