import TestSupport

/// Spoils good inputs: flips bits, overwrites, inserts, cuts, repeats, splices, and puts in words and numbers that
/// parsers trip over.
struct Mutator {
    static let bytesMax = 8_192

    let corpus: [[UInt8]]
    let words: [[UInt8]]
    var generator: SeededGenerator

    init(_ target: FuzzTarget, seed: UInt64) {
        corpus = target.corpus
        words = target.dictionary.map { Array($0.utf8) } + Self.awkward
        generator = SeededGenerator(seed: seed)
    }

    private static let awkward: [[UInt8]] =
        [
            [], [0], [0xff], [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xff, 0xff, 0xff, 0xff],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        ]
        + [
            "0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "2147483648", "1e999",
            "NaN",
            "\r\n", "\u{0}", "%00", "%", "\\u0000", "\\ud800", "\u{202e}", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "é",
        ].map { Array($0.utf8) }

    mutating func next() -> [UInt8] {
        if generator.chance(2) { return noise(Int.random(in: 0...200, using: &generator)) }
        guard var bytes = corpus.randomElement(using: &generator) else { return [] }
        for _ in 0..<Int.random(in: 1...6, using: &generator) { spoil(&bytes) }
        return bytes.count > Self.bytesMax ? Array(bytes.prefix(Self.bytesMax)) : bytes
    }

    private mutating func spoil(_ bytes: inout [UInt8]) {
        let start = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 0...(generator.chance(80) ? 8 : 400), using: &generator))
        switch Int.random(in: 0..<9, using: &generator) {
        case 0 where start < bytes.count: bytes[start] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 1 where start < bytes.count: bytes[start] = .random(in: 0...255, using: &generator)
        case 2 where start < bytes.count: bytes[start] &+= generator.chance(50) ? 1 : 255
        case 3: bytes.removeSubrange(start..<end)
        case 4: bytes.insert(contentsOf: bytes[start..<end], at: start)
        case 5: bytes.insert(contentsOf: words.randomElement(using: &generator) ?? [], at: start)
        case 6: bytes.replaceSubrange(start..<end, with: words.randomElement(using: &generator) ?? [])
        case 7:
            guard let other = corpus.randomElement(using: &generator), !other.isEmpty else { return }
            let from = Int.random(in: 0..<other.count, using: &generator)
            bytes.replaceSubrange(start..<end, with: other[from...].prefix(Int.random(in: 1...64, using: &generator)))
        default: bytes.insert(contentsOf: noise(Int.random(in: 1...8, using: &generator)), at: start)
        }
    }

    private mutating func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255, using: &generator) }
    }
}
