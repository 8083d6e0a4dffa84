/// Large values by their ids.
///
/// A dictionary would move all of them whenever it grows, and keep half of its room empty. Here only the places are in
/// one; the values are side by side in pages, which stay where they are.
///
/// - Ordering: none.
struct Table<Value: Identifiable & Sendable>: Sendable where Value.ID: Sendable {
    private var places: [Value.ID: Int] = [:]
    /// All but the last are full.
    private var pages: [[Value]] = []

    private static var pageCount: Int { 64 }

    var count: Int { places.count }
    var keys: some Sequence<Value.ID> { places.keys }
    var values: some Sequence<Value> { pages.lazy.joined() }

    func place(of id: Value.ID) -> Int? { places[id] }

    /// The value at a place, to be read and changed there.
    /// - Ordering: places are good until something is put in or taken out.
    subscript(at place: Int) -> Value {
        unsafeAddress { pages[place / Self.pageCount].address(of: place % Self.pageCount) }
        _modify { yield &pages[place / Self.pageCount][place % Self.pageCount] }
    }

    subscript(id: Value.ID) -> Value? {
        get { places[id].map { self[at: $0] } }
        set {
            switch (places[id], newValue) {
            case (let place?, let value?): self[at: place] = value
            case (nil, let value?): append(value)
            case (let place?, nil): remove(at: place)
            case (nil, nil): break
            }
        }
    }

    private mutating func append(_ value: Value) {
        places[value.id] = places.count
        if pages.last?.count ?? Self.pageCount == Self.pageCount {
            pages.append([])
            pages[pages.count - 1].reserveCapacity(Self.pageCount)
        }
        pages[pages.count - 1].append(value)
    }

    /// The last value takes the place.
    private mutating func remove(at place: Int) {
        places[self[at: place].id] = nil
        let last = pages[pages.count - 1].removeLast()
        if pages[pages.count - 1].isEmpty { pages.removeLast() }
        guard place < places.count else { return }
        places[last.id] = place
        self[at: place] = last
    }
}

extension Table: Equatable where Value: Equatable {
    static func == (left: Table, right: Table) -> Bool {
        left.count == right.count && left.values.allSatisfy { right[$0.id] == $0 }
    }
}

extension Array {
    /// Where an element lies, as long as nobody changes the array: who reads it there need not copy it first.
    func address(of index: Int) -> UnsafePointer<Element> {
        precondition(indices.contains(index), "an array has an address for each of its elements")
        return withUnsafeBufferPointer { $0.baseAddress! + index }
    }
}
