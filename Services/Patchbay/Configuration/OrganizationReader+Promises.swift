import Domain
import OrderedCollections

/// What is promised to customers, and the accounts through which they write.
extension OrganizationReader {
    mutating func readSLAPolicy(_ name: String, _ place: YAMLPlace) {
        let keys = ["targets", "calendar", "acknowledgement", "escalation", "survey"]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        var policy = SLAPolicy(id: PolicyID(name))
        policy.targets = mapping["targets"].map { readTargets($0) } ?? []
        policy.calendarID = mapping["calendar"].flatMap { reference($0, to: .calendars) }.map { PolicyID($0) }
        policy.acknowledgement = mapping["acknowledgement"].flatMap { readAcknowledgement($0) }
        if let fields = mapping["escalation"].flatMap({ yaml.mapping($0, keys: ["priority"]) }),
            let value = yaml.required("priority", in: fields, expected: "a whole number from 1 to 10"),
            let priority = yaml.integer(value, in: 1...10)
        {
            policy.escalation = .init(priority: priority)
        }
        policy.survey = mapping["survey"].flatMap { readSurvey($0) }
        organization.configuration.slaPolicies[policy.id] = policy
    }

    private mutating func readTargets(_ place: YAMLPlace) -> [SLAPolicy.Target] {
        guard let mapping = yaml.mapping(place, keys: TargetKind.allCases.map(\.rawValue)) else { return [] }
        return TargetKind.allCases.compactMap { kind in
            guard let fields = mapping[kind.rawValue].flatMap({ yaml.mapping($0, keys: ["within", "warn-at"]) }),
                let within = yaml.required("within", in: fields, expected: "a time such as 15m"),
                let seconds = yaml.seconds(within, in: 1...31_536_000)
            else { return nil }
            var target = SLAPolicy.Target(kind: kind, seconds: seconds)
            if let warning = fields["warn-at"].flatMap({ yaml.percent($0) }) { target.warningPercent = warning }
            return target
        }
    }

    private mutating func readAcknowledgement(_ place: YAMLPlace) -> SLAPolicy.Acknowledgement? {
        guard let fields = yaml.mapping(place, keys: ["text", "text-without-wait"]),
            let text = yaml.required("text", in: fields, expected: "a text with {wait} in it"),
            let plain = yaml.required("text-without-wait", in: fields, expected: "a text"),
            let withWait = yaml.text(text), let withoutWait = yaml.text(plain)
        else { return nil }
        guard withWait.contains("{wait}") else {
            yaml.report(text.problem(expected: "a text with {wait} in it, where the waiting time goes"))
            return nil
        }
        return .init(text: withWait, textWithoutWait: withoutWait)
    }

    private mutating func readSurvey(_ place: YAMLPlace) -> SLAPolicy.Survey? {
        guard let fields = yaml.mapping(place, keys: ["question", "delay", "expires"]),
            let question = yaml.required("question", in: fields, expected: "a text"), let text = yaml.text(question)
        else { return nil }
        return .init(
            question: text, delaySeconds: seconds("delay", in: fields, 0...604_800, default: 0),
            expiresSeconds: seconds("expires", in: fields, 60...2_592_000, default: 86_400))
    }

    mutating func readAccount(_ name: String, _ place: YAMLPlace) {
        let keys = ["channel", "queue", "priority", "delivery", "inbound-secret"]
        guard let mapping = yaml.mapping(place, keys: keys) else { return }
        let queue = reference("queue", in: mapping, to: .queues)
        let channel = yaml.required("channel", in: mapping, expected: "a kind of channel")
            .flatMap { yaml.oneOf($0, ChannelKind.self) }
        let delivery = mapping["delivery"].map { readDelivery($0) } ?? ChannelAccount.Delivery.none
        guard let channel, let delivery else { return }
        var account = ChannelAccount(
            id: ChannelAccountID(name), channel: channel, queueID: QueueID(queue ?? ""), delivery: delivery)
        account.priority = mapping["priority"].flatMap { yaml.integer($0, in: 1...10) }
        account.inboundSecret = mapping["inbound-secret"].flatMap { secretName($0) }
        organization.configuration.accounts[account.id] = account
    }

    private mutating func readDelivery(_ place: YAMLPlace) -> ChannelAccount.Delivery? {
        guard let mapping = yaml.mapping(place, keys: ["webhook", "twilio"]) else { return nil }
        switch (mapping["webhook"], mapping["twilio"]) {
        case (let webhook?, nil): return readWebhook(webhook)
        case (nil, let twilio?): return readTwilio(twilio)
        case (nil, nil), (_?, _?):
            yaml.report(place.problem(expected: "either webhook or twilio"))
            return nil
        }
    }

    private mutating func readWebhook(_ place: YAMLPlace) -> ChannelAccount.Delivery? {
        guard let fields = yaml.mapping(place, keys: ["url", "secret"]),
            let url = yaml.required("url", in: fields, expected: "an http or https URL").flatMap({ httpURL($0) }),
            let secret = yaml.required("secret", in: fields, expected: "the name of a secret")
                .flatMap({ secretName($0) })
        else { return nil }
        return .webhook(url: url, secret: secret)
    }

    private mutating func readTwilio(_ place: YAMLPlace) -> ChannelAccount.Delivery? {
        guard let fields = yaml.mapping(place, keys: ["account-sid", "number", "secret", "base-url"]),
            let accountSID = yaml.required("account-sid", in: fields, expected: "the account's SID, AC…")
                .flatMap({ yaml.text($0, bytesMax: 64) }),
            let number = yaml.required("number", in: fields, expected: "our number, +…"),
            let secret = yaml.required("secret", in: fields, expected: "the name of a secret")
                .flatMap({ secretName($0) })
        else { return nil }
        let digits = number.scalarText ?? ""
        guard digits.first == "+", (8...16).contains(digits.utf8.count), digits.dropFirst().allSatisfy(\.isWholeNumber)
        else {
            yaml.report(number.problem(expected: "a number in E.164 form, quoted, such as \"+3312345678\""))
            return nil
        }
        let baseURL = fields["base-url"].map { httpURL($0) } ?? "https://api.twilio.com"
        return baseURL.map { .twilio(baseURL: $0, accountSID: accountSID, number: digits, secret: secret) }
    }

    private mutating func httpURL(_ place: YAMLPlace) -> String? {
        guard let text = yaml.text(place, expected: "a URL") else { return nil }
        let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
        guard let rest, let first = rest.first, first != "/", !text.contains(" ") else {
            yaml.report(place.problem(expected: "an http or https URL"))
            return nil
        }
        return text
    }

    /// Secrets themselves never stand in the files: the name leads to `PATCHBAY_SECRET_<NAME>` or a file.
    private mutating func secretName(_ place: YAMLPlace) -> String? {
        guard let text = yaml.text(place, bytesMax: 64, expected: "the name of a secret") else { return nil }
        return yaml.name(text, at: place)
    }
}
