import Testing

@testable import Streams

@Suite("Effects take turns")
struct EffectQueueTests {
    private let now = ContinuousClock.now

    private func begin(_ queue: inout EffectQueue, limit: Int) -> [String] {
        var begun: [String] = []
        while let effect = queue.next(at: now, limit: limit) { begun.append(effect) }
        return begun
    }

    @Test("lanes that hang take their shares of the places, and the next lane still finds some")
    func shares() {
        var queue = EffectQueue()
        for lane in 0..<5 {
            for number in 0..<1_000 { queue.enqueue("hanging-\(lane)-\(number)", lane: "hanging-\(lane)") }
        }
        #expect(begin(&queue, limit: 128).count < 128 * 4 / 5)
        for number in 0..<50 { queue.enqueue("good-\(number)", lane: "good") }
        let good = begin(&queue, limit: 128)
        #expect(good.count >= 5 && good.allSatisfy { $0.hasPrefix("good") })
        // As they end, the rest follows in order, though no place of a hanging lane becomes free.
        var order: [String] = []
        var running = good
        while let first = running.first {
            order.append(first)
            running.removeFirst()
            queue.finished(first)
            running += begin(&queue, limit: 128)
        }
        #expect(order == (0..<50).map { "good-\($0)" })
    }

    @Test("lanes take turns, whatever one of them holds")
    func turns() {
        var queue = EffectQueue()
        for number in 0..<100 { queue.enqueue("a\(number)", lane: "a") }
        for number in 0..<2 { queue.enqueue("b\(number)", lane: "b") }
        #expect((0..<5).compactMap { _ in queue.next(at: now, limit: 128) } == ["a0", "b0", "a1", "b1", "a2"])
    }

    @Test("no more than the limit, one place at least for each lane while one is free, and each effect once")
    func bounds() {
        var queue = EffectQueue()
        for lane in 0..<10 {
            for number in 0..<10 {
                queue.enqueue("\(lane)/\(number)", lane: "\(lane)")
                queue.enqueue("\(lane)/\(number)", lane: "\(lane)")
            }
        }
        var begun = begin(&queue, limit: 4)
        #expect(begun == ["0/0", "1/0", "2/0", "3/0"])
        while !begun.isEmpty {
            let done = begun.removeFirst()
            queue.finished(done)
            queue.finished(done)
            let next = begin(&queue, limit: 4)
            #expect(next.count <= 1 && queue.underWay <= 4)
            begun += next
        }
        #expect(queue.underWay == 0)
        #expect(queue.next(at: now, limit: 4) == nil)
    }

    @Test("what has a result before its turn is not begun; what must be attempted anew waits again")
    func again() {
        var queue = EffectQueue()
        for name in ["a", "b", "c"] { queue.enqueue(name, lane: "lane") }
        queue.finished("b")
        #expect(queue.next(at: now, limit: 128) == "a")
        #expect(queue.begun("a") == now && queue.begun("c") == nil)
        queue.again("a")
        #expect(queue.begun("a") == nil && queue.underWay == 0)
        #expect(begin(&queue, limit: 128) == ["c", "a"])
        queue.finished("a")
        queue.finished("c")
        #expect(queue.underWay == 0)
    }
}
