// What each sanitizer must report, and what it must not: `scripts/sanitize` runs this before the tests, with the same
// flags, the same libraries loaded before it and the same suppressions.
import Glibc
import Synchronization

enum Shape: String {
    /// Two threads, one mutex, one list: no fault.
    case guarded
    /// The same without the mutex.
    case race
    /// The same, where each thread has a mutex of its own.
    case estranged
    /// Memory used after it was given back.
    case freed
    /// Memory read behind its end.
    case overrun
}

final class Tally: @unchecked Sendable {
    private let mutex = Mutex(())
    private let otherMutex = Mutex(())
    private var numbers = [0]
    /// Both threads are there before either adds, and take turns: what a thread did long ago the sanitizer has forgotten.
    private let start = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)

    init() { pthread_barrier_init(start, nil, 2) }

    func add(as thread: Int, _ shape: Shape) {
        pthread_barrier_wait(start)
        for _ in 0..<20_000 {
            sched_yield()
            switch (shape, thread) {
            case (.race, _): numbers[0] += 1
            case (.estranged, 1): otherMutex.withLock { _ in numbers[0] += 1 }
            default: mutex.withLock { _ in numbers[0] += 1 }
            }
        }
    }
}

struct Work {
    let thread: Int
    let shape: Shape
    let tally: Tally
}

func run(_ shape: Shape) {
    let tally = Tally()
    var threads: [pthread_t] = []
    for thread in 0..<2 {
        let work = UnsafeMutablePointer<Work>.allocate(capacity: 1)
        work.initialize(to: Work(thread: thread, shape: shape, tally: tally))
        var started = pthread_t()
        pthread_create(
            &started, nil,
            { context in
                let work = context!.assumingMemoryBound(to: Work.self).move()
                context!.deallocate()
                work.tally.add(as: work.thread, work.shape)
                return nil
            }, work)
        threads.append(started)
    }
    for thread in threads { pthread_join(thread, nil) }
}

func spoil(_ shape: Shape) {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    bytes.initialize(repeating: 1, count: 16)
    if shape == .freed { bytes.deallocate() }
    print(bytes[shape == .freed ? 3 : 16])
}

guard let shape = CommandLine.arguments.last.flatMap(Shape.init(rawValue:)) else { fatalError("which shape?") }
switch shape {
case .guarded, .race, .estranged: run(shape)
case .freed, .overrun: spoil(shape)
}
