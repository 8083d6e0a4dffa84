import Domain
import OrderedCollections
import RouterPlanning

/// Reads the file that describes what is simulated: traffic, staffing, and how long to look.
///
/// Strict as an organization's files: everything that is wrong is reported at once, each with its place.
struct PlanningFile {
    var yaml = YAMLReader()
    var model: PlanningModel

    static let daysMax = 366.0
    static let replicationsMax = 1_000
    static let trafficMax = 1_000
    static let agentsMax = 20_000

    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    static func read(
        _ file: (name: String, text: String), organization: Organization
    ) throws(ConfigurationProblems) -> PlanningModel {
        var reader = PlanningFile(
            model: PlanningModel(configuration: try organization.compiled(now: PlanningModel.start)))
        reader.read(file.text, file: file.name)
        guard reader.yaml.problems.isEmpty else { throw ConfigurationProblems(problems: reader.yaml.problems) }
        return reader.model
    }

    private init(model: PlanningModel) {
        self.model = model
        self.model.configuration.revision = 1
    }

    private mutating func read(_ text: String, file: String) {
        let keys = ["days", "warm-up", "replications", "seed", "traffic", "staffing"]
        guard let top = yaml.document(text, file: file, expected: "a model with traffic and staffing"),
            let mapping = yaml.mapping(top, keys: keys)
        else { return }
        if let days = mapping["days"].flatMap({ yaml.number($0, in: 0.01...Self.daysMax) }) { model.days = days }
        if let warmUp = mapping["warm-up"].flatMap({ yaml.seconds($0, in: 0...31_536_000) }) {
            model.warmUpSeconds = warmUp
        }
        if let count = mapping["replications"].flatMap({ yaml.integer($0, in: 2...Self.replicationsMax) }) {
            model.replications = count
        }
        if let seed = mapping["seed"].flatMap({ yaml.integer($0, in: 0...Int.max) }) { model.seed = UInt64(seed) }
        readTraffic(mapping)
        if let staffing = mapping["staffing"] {
            readStaffing(staffing)
        } else {
            model.staffing = model.configuration.agents.keys.map { Shift(agentID: $0) }
        }
        guard model.contactsExpected > Double(PlanningModel.contactsMax) else { return }
        let count = Int(model.contactsExpected.rounded())
        yaml.report(
            top.problem(
                found: "\(count) contacts in a replication",
                expected: "at most \(PlanningModel.contactsMax): fewer days or arrivals"))
    }

    // MARK: Traffic

    private mutating func readTraffic(_ mapping: YAMLMapping) {
        guard
            let place = yaml.required("traffic", in: mapping, expected: "what customers bring, each under a name"),
            let entries = yaml.mapping(place)?.values
        else { return }
        guard (1...Self.trafficMax).contains(entries.count) else {
            let found = "\(entries.count) entries"
            return yaml.report(place.problem(found: found, expected: "1 to \(Self.trafficMax) entries"))
        }
        for (name, entry) in entries where yaml.name(name, at: entry) != nil {
            if let traffic = traffic(entry) { model.traffic.append(traffic) }
        }
    }

    private mutating func traffic(_ place: YAMLPlace) -> Traffic? {
        let keys = [
            "queue", "channel", "arrivals-per-hour", "handling", "patience", "reaction", "languages", "priority",
            "answer-within",
        ]
        guard let mapping = yaml.mapping(place, keys: keys) else { return nil }
        let queueID = reference(
            "queue", in: mapping, names: model.configuration.queues.keys.map(\.rawValue), section: "queues")
        let channel = yaml.required("channel", in: mapping, expected: "a channel such as chat")
            .flatMap { yaml.oneOf($0, ChannelKind.self) }
        let rate = yaml.required(
            "arrivals-per-hour", in: mapping, expected: "a number, or numbers by hours such as \"08:00-12:00\": 40"
        ).flatMap { profile($0) }
        let handling = yaml.required("handling", in: mapping, expected: Self.timeForms).flatMap { time($0) }
        let patience = mapping["patience"].flatMap { time($0) }
        let reaction = mapping["reaction"].flatMap { time($0) }
        let languages = mapping["languages"].map { self.languages($0) } ?? []
        let priority = mapping["priority"].flatMap { yaml.integer($0, in: 1...10) }
        let within = mapping["answer-within"].flatMap { yaml.seconds($0, in: 0...31_536_000) }
        guard let queueID, let channel, let rate, let handling else { return nil }
        var traffic = Traffic(queueID: QueueID(queueID), channel: channel, perHour: rate, handling: handling)
        traffic.patience = patience
        if let reaction { traffic.reaction = reaction }
        traffic.languages = languages
        traffic.priority = priority
        if let within { traffic.answerWithinSeconds = within }
        return traffic
    }

    /// `12.5`, or `{ "08:00-12:00": 40, "12:00-18:00": 25 }`.
    private mutating func profile(_ place: YAMLPlace) -> DayProfile? {
        let range = 0.0...1_000_000.0
        guard place.scalarText == nil else {
            return yaml.number(place, in: range).map { DayProfile(constant: $0) }
        }
        var spans: [DayProfile.Span] = []
        for (text, value) in yaml.mapping(place)?.values ?? [:] {
            guard let rate = yaml.number(value, in: range) else { continue }
            for part in self.spans(text, at: value) {
                spans.append(.init(start: part.lowerBound, end: part.upperBound, value: rate))
            }
        }
        spans.sort { $0.start < $1.start }
        for (earlier, later) in zip(spans, spans.dropFirst()) where later.start < earlier.end {
            yaml.report(place.problem(found: "hours that overlap", expected: "each hour once"))
            return nil
        }
        return DayProfile(spans: spans)
    }

    private mutating func languages(_ place: YAMLPlace) -> [Traffic.LanguageShare] {
        var shares: [Traffic.LanguageShare] = []
        var sum = 0
        for (tag, value) in yaml.mapping(place)?.values ?? [:] {
            guard let percent = yaml.percent(value, in: 1...100) else { continue }
            sum += percent
            shares.append(.init(tag: tag, share: Double(percent) / 100))
        }
        if sum > 100 { yaml.report(place.problem(found: "shares of \(sum)%", expected: "at most 100% together")) }
        return shares
    }
}

// MARK: Values that several entries share

extension PlanningFile {
    static let timeForms = "{ exponential: 5m }, { fixed: 5m } or { lognormal: { mean: 5m, deviation: 3m } }"

    /// - Bounds: from a second to a week.
    mutating func time(_ place: YAMLPlace) -> TimeDistribution? {
        let range = 0...604_800
        guard let mapping = yaml.mapping(place, keys: ["exponential", "fixed", "lognormal"]) else { return nil }
        guard mapping.values.count == 1, let (form, value) = mapping.values.elements.first.map({ ($0.key, $0.value) })
        else {
            yaml.report(place.problem(found: "\(mapping.values.count) forms", expected: Self.timeForms))
            return nil
        }
        switch form {
        case "fixed": return yaml.seconds(value, in: range).map { .fixed(seconds: Double($0)) }
        case "exponential": return yaml.seconds(value, in: 1...604_800).map { .exponential(meanSeconds: Double($0)) }
        case "lognormal":
            guard let fields = yaml.mapping(value, keys: ["mean", "deviation"]),
                let mean = yaml.required("mean", in: fields, expected: "a time such as 5m")
                    .flatMap({ yaml.seconds($0, in: 1...604_800) }),
                let deviation = yaml.required("deviation", in: fields, expected: "a time such as 3m")
                    .flatMap({ yaml.seconds($0, in: range) })
            else { return nil }
            return .lognormal(meanSeconds: Double(mean), deviationSeconds: Double(deviation))
        default: return nil
        }
    }

    /// Hours such as `09:00-17:30`, as seconds of the day; those beyond midnight are two.
    mutating func spans(_ text: String, at place: YAMLPlace) -> [Range<Int>] {
        do throws(BusinessHoursError) {
            let span = try BusinessHours.Span(text)
            let (start, end) = (span.startMinute * 60, span.endMinute * 60)
            return end <= 86_400 ? [start..<end] : [start..<86_400, 0..<(end - 86_400)]
        } catch {
            yaml.report(place.problem(found: "\"\(text.prefix(80))\"", expected: "hours such as 09:00-17:30"))
            return []
        }
    }

    /// The name of an entry of the organization.
    mutating func reference(
        _ key: String, in mapping: YAMLMapping, names: [String], section: String
    ) -> String? {
        guard let place = yaml.required(key, in: mapping, expected: "the name of an entry in \(section)"),
            let name = yaml.text(place, bytesMax: 64, expected: "a name")
        else { return nil }
        return check(name, at: place, names: names, section: section)
    }

    mutating func check(_ name: String, at place: YAMLPlace, names: [String], section: String) -> String? {
        if names.contains(name) { return name }
        let hint = nearest(to: name, of: names).map { ": did you mean \"\($0)\"?" } ?? ""
        yaml.report(
            place.problem(
                found: "\"\(name)\"", expected: "the name of an entry in the organization's \(section)\(hint)"))
        return nil
    }
}
