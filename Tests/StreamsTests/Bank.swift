import Domain
import Streams
import Synchronization

/// A small machine with everything that a stream task must carry: state, outputs, deadlines, effects, configuration.
///
/// Commands are text: `deposit A 5`, `alarm A 200`, `call A`, `echo A text`, `chance A`, `trap A`. Its answers go to the
/// ledger. From version 2 of its rules on, each deposit earns 100 more.
struct Bank: StreamMachine {
    struct Account: Hashable {
        var balance = 0
        var alarm: Int64?
        var calls = 0
    }

    let ledger: String
    let log: String
    /// Broken on purpose: the content of `chance` differs each time it is applied.
    static let chance = Mutex(0)

    private(set) var accounts: [String: Account] = [:]
    private(set) var bonus = 0
    private(set) var rules = 1
    let newestRules: Int
    private var changed: Set<String> = []

    init(ledger: String, log: String, newestRules: Int = 1) {
        self.newestRules = newestRules
        self.ledger = ledger
        self.log = log
    }

    mutating func advance(to now: Instant) -> [StreamOutput] {
        let due = accounts.filter { ($0.value.alarm ?? .max) <= now.milliseconds }
            .sorted { ($0.value.alarm ?? 0, $0.key) < ($1.value.alarm ?? 0, $1.key) }
        return due.map { name, _ in
            change(name) { $0.alarm = nil }
            return entry(name, "alarm")
        }
    }

    mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        let words = String(decoding: record.value, as: UTF8.self).split(separator: " ").map(String.init)
        guard words.count >= 2 else { throw PoisonRecord("expected a command and an account") }
        let name = words[1]
        switch words[0] {
        case "deposit":
            guard words.count == 3, let amount = Int(words[2]) else {
                throw PoisonRecord("deposit: expected an amount")
            }
            let bonus = bonus + (rules >= 2 ? 100 : 0)
            change(name) { $0.balance += amount + bonus }
            return [entry(name, "balance \(accounts[name]?.balance ?? 0)"), entry("all", "\(name) \(amount)")]
        case "alarm":
            guard words.count == 3, let delay = Int64(words[2]) else { throw PoisonRecord("alarm: expected a delay") }
            change(name) { $0.alarm = now.milliseconds + delay }
            return []
        case "call":
            return [.effect(id: "call/\(name)/\(record.offset)", payload: Array(name.utf8))]
        case "echo":
            return [.send(topic: log, type: "echoed", key: record.key, value: Array("deposit \(name) 1".utf8))]
        case "chance":
            let value = Self.chance.withLock { count in
                count += 1
                return count
            }
            return [.send(topic: log, type: "echoed", key: record.key, value: Array("deposit \(name) \(value)".utf8))]
        case "trap": preconditionFailure("a rule with a mistake")
        default: throw PoisonRecord("unknown command")
        }
    }

    mutating func configure(_ configuration: StreamConfiguration, at now: Instant) throws(PoisonRecord)
        -> [StreamOutput]
    {
        try restore(configuration)
        return [entry("all", "bonus \(bonus)")]
    }

    mutating func complete(_ effect: String, result: [UInt8], at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        let name = String(effect.split(separator: "/")[1])
        change(name) { $0.calls += 1 }
        return [entry(name, "called \(effect)")]
    }

    var nextDeadline: Instant? {
        accounts.values.compactMap(\.alarm).min().map { Instant(milliseconds: $0) }
    }

    mutating func changes() -> [StateChange] {
        defer { changed = [] }
        return changed.sorted().map { name in
            let account = accounts[name] ?? Account()
            let text = "\(account.balance),\(account.alarm ?? -1),\(account.calls)"
            return StateChange(key: name, value: Array(text.utf8))
        }
    }

    mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord) {
        let numbers = String(decoding: value, as: UTF8.self).split(separator: ",").compactMap { Int64($0) }
        guard numbers.count == 3 else { throw PoisonRecord("expected three numbers") }
        accounts[key] = Account(
            balance: Int(numbers[0]), alarm: numbers[1] < 0 ? nil : numbers[1], calls: Int(numbers[2]))
    }

    mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord) {
        bonus = configuration.parts.reduce(0) { $0 + $1.count }
    }

    mutating func adopt(rules version: Int) {
        precondition(version <= newestRules, "the host must not let a machine meet rules that it does not know")
        rules = version
    }

    private mutating func change(_ name: String, _ body: (inout Account) -> Void) {
        body(&accounts[name, default: Account()])
        changed.insert(name)
    }

    private func entry(_ name: String, _ text: String) -> StreamOutput {
        .send(topic: ledger, type: "entry", key: Array(name.utf8), value: Array(text.utf8))
    }
}

/// Counts calls; a call's result is its number.
final class Telephone: EffectPerformer {
    private let calls = Mutex<[String: Int]>([:])
    private let busy = Mutex(false)

    var made: [String: Int] { calls.withLock { $0 } }

    /// While the line is busy, calls begin and do not end.
    var isBusy: Bool {
        get { busy.withLock { $0 } }
        set { busy.withLock { $0 = newValue } }
    }

    func perform(_ effect: String, payload: [UInt8]) async -> [UInt8] {
        let number = calls.withLock { calls in
            calls[effect, default: 0] += 1
            return calls[effect] ?? 0
        }
        while isBusy, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        return Array("\(number)".utf8)
    }
}
