/// A set of small numbers, one bit each: two of them are compared 64 numbers at a time.
struct Bits: Hashable, Sendable {
    private var words: [UInt64] = []

    mutating func insert(_ number: Int) {
        let word = number >> 6
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(number & 63)
    }

    mutating func remove(_ number: Int) {
        guard number >> 6 < words.count else { return }
        words[number >> 6] &= ~(1 << UInt64(number & 63))
    }

    func contains(_ number: Int) -> Bool {
        number >> 6 < words.count && words[number >> 6] & (1 << UInt64(number & 63)) != 0
    }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    mutating func formUnion(_ other: Bits) {
        while words.count < other.words.count { words.append(0) }
        for index in other.words.indices { words[index] |= other.words[index] }
    }

    /// The numbers in both, ascending.
    func common(with other: Bits) -> [Int] {
        var result: [Int] = []
        forEach(in: other) { result.append($0) }
        return result
    }

    @inline(__always)
    func forEach(in other: Bits, _ body: (Int) -> Void) {
        for index in 0..<min(words.count, other.words.count) {
            var word = words[index] & other.words[index]
            while word != 0 {
                body(index << 6 | word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }
}
