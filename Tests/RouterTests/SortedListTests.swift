import Domain
import OrderedCollections
import TestSupport
import Testing

@testable import RouterCore

@Suite("What matching stands on")
struct SortedListTests {
    @Test("A sorted list does what a sorted array does", arguments: [1, 2, 3, 4] as [UInt64])
    func sortedList(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var list = SortedList<Int>()
        var array: [Int] = []
        for step in 0..<6_000 {
            let value = seed == 1 ? step : random.below(3_000)
            if random.below(step < 3_000 ? 4 : 2) > 0 {
                if !array.contains(value) {
                    list.insert(value)
                    array.insert(value, at: array.firstIndex { $0 > value } ?? array.count)
                }
            } else if seed == 2, let first = array.first {
                list.removeFirst()
                array.removeAll { $0 == first }
            } else {
                #expect(list.remove(value) == array.contains(value))
                array.removeAll { $0 == value }
            }
            guard step % 50 == 0 else { continue }
            #expect(list.first == array.first && list.count == array.count && list.isEmpty == array.isEmpty)
            #expect(list.position(of: value) == array.count { $0 < value })
            #expect(list.next(after: value) == array.first { $0 > value })
        }
        #expect(Array(list.elements) == array)
    }

    @Test("A table does what a dictionary does, over many pages")
    func table() {
        struct Entry: Identifiable, Hashable {
            var id: Int
            var value: Int
        }
        var random = SeededGenerator(seed: 3)
        var (table, dictionary) = (Table<Entry>(), [Int: Entry]())
        var copy: (Table<Entry>, [Int: Entry]) = (table, dictionary)
        for step in 0..<6_000 {
            let id = random.below(800)
            switch random.below(step < 3_000 ? 4 : 8) {
            case 0...1:
                table[id] = Entry(id: id, value: step)
                dictionary[id] = Entry(id: id, value: step)
            case 2:
                if let place = table.place(of: id) { table[at: place].value += 1 }
                dictionary[id]?.value += 1
            default:
                table[id] = nil
                dictionary[id] = nil
            }
            #expect(table[id] == dictionary[id] && table.count == dictionary.count)
            if step == 2_999 { copy = (table, dictionary) }
        }
        for (table, dictionary) in [copy, (table, dictionary)] {
            #expect(Set(table.keys) == Set(dictionary.keys) && Set(table.values) == Set(dictionary.values))
            #expect(table.keys.allSatisfy { table[$0] == dictionary[$0] })
        }
        #expect(copy.0 != table && table == table)
    }

    @Test("Bits of two sets that are in both come in order")
    func bits() {
        var (left, right) = (Bits(), Bits())
        for number in [0, 5, 63, 64, 700] { left.insert(number) }
        for number in [5, 64, 65, 700, 9_000] { right.insert(number) }
        right.remove(700)
        left.remove(100_000)
        #expect(left.common(with: right) == [5, 64] && right.common(with: left) == [5, 64])
        #expect(left.contains(700) && !right.contains(700) && !left.contains(100_000))
    }

    @Test("A deadline that is put off, brought forward or dropped comes up when it is due, and once")
    func deadlines() {
        var random = SeededGenerator(seed: 7)
        var deadlines = Deadlines()
        var expected: [DeadlineKey: Instant] = [:]
        var now = Instant(milliseconds: 0)
        for _ in 0..<4_000 {
            let key = DeadlineKey.agent(AgentID("agent-\(random.below(40))"))
            let due: Instant? = random.below(8) == 0 ? nil : now + .milliseconds(1 + random.below(1_000))
            deadlines.set(key, to: due)
            expected[key] = due
            #expect(deadlines.next == expected.values.min())
            now = now + .milliseconds(random.below(60))
            while let key = deadlines.popDue(at: now) {
                let due = expected.removeValue(forKey: key)
                #expect(due.map { $0 <= now } ?? false)
            }
            #expect(expected.values.allSatisfy { $0 > now })
        }
    }

    @Test("A call that an agent has no room for keeps no chat from them")
    func channelsDoNotBlock() {
        var bench = Bench()
        bench.available("ana")
        bench.message("chat-1")
        for number in 0..<50 { bench.message("call-\(number)", channel: .voice, priority: 9) }
        bench.message("chat-2")
        #expect(bench.holder(of: "chat-2") == "ana")
        #expect(bench.stage("call-0") == "queued")
    }

    @Test("A demand that nobody waits with is dropped when there are too many, and comes again")
    func emptyDemands() {
        var pool = PoolIndex()
        let entry = RosterEntry(
            Organization.agent("ana", ["billing": 5]), profile: RoutingProfile(id: "p", capacity: 1),
            shifts: nil)
        let place = AgentGroup.Place(load: 0, idleSince: Instant(milliseconds: 0), id: "ana")
        pool.seat("ana", entry, isPresent: true, place: place)
        func key(_ level: Int) -> DemandKey {
            DemandKey(queueID: "general", requirements: [Requirement(skill: "billing", level: level)])
        }
        let rank = Rank(priority: 1, acceptedAt: Instant(milliseconds: 0), id: "item")
        let standing = Standing(poolID: "support", demand: key(2), channel: .chat, rank: rank)
        pool.insert(standing, nil, keepsAges: false)
        for level in 10...(10 + 2 * RouterLimits.emptyDemandsMax) { _ = pool.demand(key(level)) }
        #expect(pool.demands.count <= RouterLimits.emptyDemandsMax)
        let slot = pool.demand(key(2))
        #expect(pool.demands[slot].count == 1 && pool.waiting.contains(slot))
        #expect(pool.group(of: "ana")?.demands.contains(slot) == true)
        #expect(pool.group(of: "ana")?.demands.contains(pool.demand(key(11))) == false)
        pool.remove(standing)
        #expect(!pool.waiting.contains(slot))
    }
}
