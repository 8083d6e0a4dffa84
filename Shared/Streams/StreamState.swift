internal import Domain
internal import Kafka
internal import OrderedCollections

/// The deterministic part of a stream task: a machine, and what the host must know to run it.
///
/// It is a function of the partition alone, like the machine within: which origins were seen, what time it is, who
/// leads, which configuration holds, which effects have no result yet.
struct StreamState<Machine: StreamMachine>: Sendable {
    /// An effect that the machine asked for and that has no result yet.
    struct Outstanding: Codable, Hashable, Sendable {
        var payload: [UInt8]
        /// Whose attempt is under way.
        var token: String?
    }

    /// A configuration revision on its way.
    struct Arriving: Sendable {
        var revision: Int64
        var count: Int
        var parts: OrderedDictionary<Int, [UInt8]> = [:]
    }

    let service: String
    let deadLetter: String
    var machine: Machine
    var nextOffset: Int64 = 0
    var instant = Instant(milliseconds: 0)
    var leader: String?
    var origins = OriginFilter()
    var effects: OrderedDictionary<String, Outstanding> = [:]
    /// In force: the last revision that the machine has taken.
    var configuration: StreamConfiguration?
    /// The last revision that the machine has refused. It would refuse it every time, so it is not asked again, and
    /// what was in force before still is.
    var refusedRevision: Int64?
    var arriving: Arriving?
    /// The version of the rules that the log has reached.
    var rules = 1
    /// Of the last record applied: it tells this log from another one under the same name.
    var lastTimestamp: Int64?
    /// Which of the logs under this name this is: when its first record was appended. A control record begins another
    /// one, where a log was put back to an earlier time. Nil in a state from before version 2 of the rules.
    var incarnation: Int64?

    /// Keys of the host's own entities that changed since the last snapshot.
    var changedKeys: OrderedSet<String> = []

    init(service: String, deadLetter: String, machine: Machine) {
        self.service = service
        self.deadLetter = deadLetter
        self.machine = machine
    }

    /// What applying a record came to.
    struct Step: Sendable {
        var outputs: [StreamOutput] = []
        var sends: [Send] = []
        var newEffects: [String] = []
        /// An attempt was read back: by whom, and what to perform.
        var granted: (effect: String, token: String, payload: [UInt8])?
        var admission: Admission = .first
        var poison: PoisonRecord?
        var control: Control?
        var record: StreamRecord?
    }

    /// An output on its way to Kafka.
    struct Send: Hashable, Sendable {
        var topic: String
        var key: [UInt8]?
        var value: [UInt8]?
        var headers: [Header]
    }

    /// Why the record must not be applied, nor anything after it: a newer program wrote it, and what that one makes of it
    /// is not known here.
    func newerThanKnown(_ record: Record) -> StreamError? {
        if let kind = record.header(Control.header) {
            guard Control.kinds.contains(kind) else {
                return .unknownKind("\(Control.header) \(kind)", record)
            }
            guard case .rules(let version)? = try? Control.read(record), version > machine.newestRules else {
                return nil
            }
            return .unknownRules(version, known: machine.newestRules)
        }
        return nil
    }

    /// Applies the next record of the log.
    /// - Parameter skipReason: why an operator has it stepped over: it does not reach the machine.
    mutating func apply(_ record: Record, skipReason: String? = nil) -> Step {
        var step = Step()
        instant = max(instant, Instant(milliseconds: record.timestamp))
        if nextOffset == 0 { incarnation = record.timestamp }
        nextOffset = record.offset + 1
        lastTimestamp = record.timestamp
        step.outputs = machine.advance(to: instant)
        do {
            try take(record, skipReason, &step)
        } catch {
            step.poison = error
        }
        register(record, &step)
        return step
    }

    private mutating func take(_ record: Record, _ skipReason: String?, _ step: inout Step) throws(PoisonRecord) {
        if let text = record.header(Origin.header) {
            guard let origin = Origin(text) else { throw PoisonRecord("header \(Origin.header): not an origin") }
            let type = record.headers.first { $0.name == CloudEvent.type }?.value ?? []
            step.admission = origins.admit(origin, type: type, key: record.key ?? [], value: record.value ?? [])
            guard step.admission.isTaken else { return }
        }
        if let skipReason { throw PoisonRecord("skipped: \(skipReason)") }
        if let control = try Control.read(record) {
            step.control = control
            try take(control, record.value ?? [], &step)
        } else {
            guard record.bytes <= StreamRecord.bytesMax else {
                throw PoisonRecord("record: found \(record.bytes) bytes, expected at most \(StreamRecord.bytesMax)")
            }
            let streamRecord = StreamRecord(record)
            step.record = streamRecord
            step.outputs += try machine.apply(streamRecord, at: instant)
        }
    }

    private mutating func take(_ control: Control, _ value: [UInt8], _ step: inout Step) throws(PoisonRecord) {
        switch control {
        case .tick: break
        case .lead(let token): leader = token
        case .attempt(let effect, let token):
            guard token == leader, let payload = effects[effect]?.payload else { return }
            effects[effect]?.token = token
            changedKeys.append(Self.effectKey(effect))
            step.granted = (effect, token, payload)
        case .result(let effect, let token):
            guard let outstanding = effects[effect], outstanding.token == token else { return }
            effects[effect] = nil
            changedKeys.append(Self.effectKey(effect))
            step.outputs += try machine.complete(effect, result: value, at: instant)
        case .configuration(let revision, let part, let count):
            try take(part: part, of: count, revision: revision, value, &step)
        case .rules(let version):
            guard version > rules else { return }
            rules = version
            incarnation = incarnation ?? lastTimestamp
            machine.adopt(rules: version)
        case .incarnation:
            incarnation = max((incarnation ?? 0) + 1, lastTimestamp ?? 0)
        }
    }

    private mutating func take(part: Int, of count: Int, revision: Int64, _ value: [UInt8], _ step: inout Step)
        throws(PoisonRecord)
    {
        guard revision > knownRevision, revision >= arriving?.revision ?? 0 else { return }
        if arriving?.revision != revision || arriving?.count != count {
            forgetArriving()
            arriving = Arriving(revision: revision, count: count)
        }
        arriving?.parts[part] = value
        changedKeys.append(Self.partKey(part))
        guard let complete = arriving, complete.parts.count == count else { return }
        forgetArriving()
        let next = StreamConfiguration(revision: revision, parts: (0..<count).map { complete.parts[$0] ?? [] })
        do throws(PoisonRecord) {
            step.outputs += try machine.configure(next, at: instant)
        } catch {
            refusedRevision = revision
            throw error
        }
        for index in 0..<max(count, configuration?.parts.count ?? 0) {
            changedKeys.append(Self.configurationKey(index))
        }
        configuration = next
    }

    /// The last revision that has come, whatever came of it.
    var knownRevision: Int64 { max(configuration?.revision ?? 0, refusedRevision ?? 0) }

    private mutating func forgetArriving() {
        for part in arriving?.parts.keys ?? [] { changedKeys.append(Self.partKey(part)) }
        arriving = nil
    }

    /// Gives the outputs their origins and remembers the effects.
    private mutating func register(_ record: Record, _ step: inout Step) {
        let cause = Cause(
            service: service, incarnation: rules >= 2 ? incarnation ?? 0 : 0, record: record,
            instant: instant)
        for output in step.outputs {
            switch output {
            case .send(let topic, let type, let key, let value):
                let headers = cause.headers(type: type, index: step.sends.count)
                step.sends.append(Send(topic: topic, key: key, value: value, headers: headers))
            case .effect(let id, let payload):
                effects[id] = Outstanding(payload: payload, token: nil)
                changedKeys.append(Self.effectKey(id))
                step.newEffects.append(id)
            }
        }
        if let poison = step.poison {
            let letter = DeadLetter(record, service: service, poison)
            let headers = letter.headers(origin: cause.origin(step.sends.count))
            step.sends.append(Send(topic: deadLetter, key: letter.key, value: letter.value, headers: headers))
        }
    }
}
