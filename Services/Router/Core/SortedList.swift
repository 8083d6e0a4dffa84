/// Elements in order, in chunks of bounded length: inserting and removing moves at most one chunk and looks at the
/// others by binary search, however many there are.
///
/// - Ordering: ascending. Equal elements are not told apart.
struct SortedList<Element: Comparable & Sendable>: Sendable {
    /// None is empty.
    private var chunks: [[Element]] = []
    /// Elements of each chunk, side by side, so that counting them touches little memory.
    private var counts: [Int32] = []
    private(set) var count = 0

    private static var chunkCountMax: Int { 128 }

    var isEmpty: Bool { chunks.isEmpty }

    var first: Element? { chunks.isEmpty ? nil : chunks[0][0] }

    var elements: some Sequence<Element> { chunks.lazy.joined() }

    mutating func insert(_ element: Element) {
        count += 1
        guard !chunks.isEmpty else { return insertChunk([element], at: 0) }
        let chunk = chunkIndex(of: element)
        let position = Self.position(of: element, in: chunks[chunk])
        guard chunks[chunk].count == Self.chunkCountMax else {
            chunks[chunk].insert(element, at: position)
            counts[chunk] += 1
            return
        }
        // What grows at its end fills its chunks; anything else divides one.
        if position == Self.chunkCountMax { return insertChunk([element], at: chunk + 1) }
        let half = Self.chunkCountMax / 2
        var tail = Array(chunks[chunk][half...])
        chunks[chunk].removeSubrange(half...)
        if position > half {
            tail.insert(element, at: position - half)
        } else {
            chunks[chunk].insert(element, at: position)
        }
        counts[chunk] = Int32(chunks[chunk].count)
        insertChunk(tail, at: chunk + 1)
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ element: Element) -> Bool {
        guard !chunks.isEmpty else { return false }
        let chunk = chunkIndex(of: element)
        let position = Self.position(of: element, in: chunks[chunk])
        guard position < chunks[chunk].count, chunks[chunk][position] == element else { return false }
        chunks[chunk].remove(at: position)
        counts[chunk] -= 1
        count -= 1
        shrink(chunk)
        return true
    }

    mutating func removeFirst() {
        guard !chunks.isEmpty else { return }
        chunks[0].removeFirst()
        counts[0] -= 1
        count -= 1
        shrink(0)
    }

    /// How many are less.
    func position(of element: Element) -> Int {
        guard !chunks.isEmpty else { return 0 }
        let chunk = chunkIndex(of: element)
        let before = counts[..<chunk].reduce(0) { $0 + Int($1) }
        return before + Self.position(of: element, in: chunks[chunk])
    }

    /// The first that is greater.
    func next(after element: Element) -> Element? {
        guard !chunks.isEmpty else { return nil }
        let chunk = chunkIndex(of: element)
        var position = Self.position(of: element, in: chunks[chunk])
        if position < chunks[chunk].count, chunks[chunk][position] == element { position += 1 }
        if position < chunks[chunk].count { return chunks[chunk][position] }
        return chunk + 1 < chunks.count ? chunks[chunk + 1][0] : nil
    }

    /// The last chunk that does not begin after the element.
    private func chunkIndex(of element: Element) -> Int {
        let last = chunks.count - 1
        if chunks[last][0] <= element { return last }
        var low = 0
        var high = last
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle][0] <= element { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    private static func position(of element: Element, in chunk: [Element]) -> Int {
        var low = 0
        var high = chunk.count
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func insertChunk(_ elements: [Element], at index: Int) {
        chunks.insert(elements, at: index)
        counts.insert(Int32(elements.count), at: index)
    }

    /// Drops a chunk that is empty and joins two that are nearly so.
    private mutating func shrink(_ chunk: Int) {
        if chunks[chunk].isEmpty {
            chunks.remove(at: chunk)
            counts.remove(at: chunk)
        } else if chunk + 1 < chunks.count, counts[chunk] + counts[chunk + 1] <= Self.chunkCountMax / 2 {
            chunks[chunk].append(contentsOf: chunks[chunk + 1])
            counts[chunk] = Int32(chunks[chunk].count)
            chunks.remove(at: chunk + 1)
            counts.remove(at: chunk + 1)
        }
    }
}
