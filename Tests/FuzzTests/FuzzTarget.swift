import Foundation
import TestSupport
import Testing

/// A parser of bytes from outside, with what it needs to be fuzzed.
struct FuzzTarget: Sendable, CustomTestStringConvertible {
    /// A finding that is no crash: what was read differs from what was written, or takes too long.
    struct Finding: Error, CustomStringConvertible {
        var description: String

        init(_ description: String) { self.description = description }
    }

    let name: String
    /// Good inputs, of which the mutator makes bad ones.
    let corpus: [[UInt8]]
    /// Words that mean something to the parser.
    var dictionary: [String] = []
    /// The share of the whole number of inputs; the slow ones take less.
    var share = 1.0
    /// Reads one input. A trap is a finding, and so is what it throws; errors of the parser belong inside.
    let read: @Sendable ([UInt8]) async throws -> Void

    var testDescription: String { name }

    static let all: [FuzzTarget] = text + signatures + wire + logs + files

    static func texts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
}

extension [UInt8] {
    /// As text, with whatever is no UTF-8 replaced.
    var text: String { String(decoding: self, as: UTF8.self) }
}
