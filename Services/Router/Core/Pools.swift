import Domain

/// The index of each pool of the partition.
///
/// It is read and changed where it stands: nobody copies one, and nobody keeps one while it changes, since that would
/// copy all of its lines.
/// - Ordering: that in which pools were first asked for.
struct Pools: Sendable {
    private var places: [PoolID: Int] = [:]
    private(set) var all: [PoolIndex] = []

    private static let none = [PoolIndex()]

    /// An empty one until something is put in.
    subscript(id: PoolID) -> PoolIndex {
        unsafeAddress { places[id].map { all.address(of: $0) } ?? Self.none.address(of: 0) }
        _modify { yield &all[place(of: id)] }
    }

    /// Drops all lines, groups and seats: the configuration is another one.
    mutating func clear() {
        for place in all.indices { all[place].clear() }
    }

    private mutating func place(of id: PoolID) -> Int {
        if let place = places[id] { return place }
        places[id] = all.count
        all.append(PoolIndex())
        return all.count - 1
    }
}
