import ConnectorCore
import Curl
import Domain
import Logging
import Schema
import ServiceKit
import Streams

/// Performs the machine's effects: hands one message to its provider.
struct DeliveryPerformer: EffectPerformer {
    let http: CurlClient
    let secrets: Secrets
    let links: ContinueLinks?
    let publicURL: String?
    let now: @Sendable () -> Instant
    let logger: Logger
    let deliveries: Counter
    let open: Gauge
    let durations: Histogram

    /// - Parameter publicURL: without a slash at its end.
    init(
        http: CurlClient, secrets: Secrets, links: ContinueLinks?, publicURL: String?, metrics: Metrics,
        logger: Logger, now: @escaping @Sendable () -> Instant
    ) {
        self.http = http
        self.secrets = secrets
        self.links = links
        self.publicURL = publicURL
        self.now = now
        self.logger = logger
        deliveries = metrics.counter(
            "patchbay_connector_tries_total", help: "Tries to hand a message to its provider.",
            labels: ["channel", "result"])
        open = metrics.gauge(
            "patchbay_connector_tries_open", help: "Tries under way.", labels: ["account"])
        durations = metrics.histogram(
            "patchbay_connector_try_duration_seconds", help: "How long a try took.", labels: ["account"],
            buckets: Histogram.seconds + [20, 30, 60])
    }

    func perform(_ effect: String, payload: [UInt8]) async -> [UInt8] {
        let result: DeliveryResult
        do throws(WireError) {
            let attempt = try DeliveryAttempt(wire: WireDeliveryAttempt(decoding: payload))
            let account = [attempt.message.address.account.rawValue]
            let started = ContinuousClock.now
            open.add(1, account)
            result = await perform(attempt)
            open.add(-1, account)
            durations.observe(.now - started, account)
            deliveries.increment([attempt.message.address.channel.rawValue, result.name])
        } catch {
            // Another version wrote it; that one may be back before the tries are used up.
            logger.error("effect not understood", metadata: ["effect": "\(effect)", "error": "\(error)"])
            result = .retry(reason: "effect-not-understood", afterSeconds: nil)
        }
        return result.wire.deterministicBytes()
    }

    /// What can hang without the rest: a webhook's host, an account at Twilio.
    func lane(of effect: String, payload: [UInt8]) -> String {
        guard let attempt = try? DeliveryAttempt(wire: WireDeliveryAttempt(decoding: payload)) else { return "" }
        switch attempt.delivery {
        case .none: return ""
        case .webhook(let url, _): return url.split(separator: "/").prefix(2).joined(separator: "//").lowercased()
        case .twilio(let baseURL, let sid, _, _): return "\(baseURL)/\(sid)"
        }
    }

    func perform(_ attempt: DeliveryAttempt) async -> DeliveryResult {
        switch attempt.delivery {
        case .none:
            return .permanent(reason: DeliveryFailure.nothingCanBeWritten)
        case .webhook(let url, let name):
            guard let secret = secret(name, attempt) else { return .retry(reason: "secret-missing", afterSeconds: nil) }
            let delivery = WebhookDelivery(http: http, links: links, now: now)
            return await delivery.perform(attempt, url: url, secret: secret)
        case .twilio(let baseURL, let sid, let number, let name):
            guard let secret = secret(name, attempt) else { return .retry(reason: "secret-missing", afterSeconds: nil) }
            let account = TwilioDelivery.Account(baseURL: baseURL, sid: sid, number: number, token: secret)
            let delivery = TwilioDelivery(http: http, links: links, publicURL: publicURL, now: now)
            return await delivery.perform(attempt, account: account)
        }
    }

    private func secret(_ name: String, _ attempt: DeliveryAttempt) -> Secret? {
        let secret = secrets.secret(named: name)
        if secret == nil {
            logger.error(
                "secret missing", metadata: ["secret": "\(name)", "account": "\(attempt.message.address.account)"])
        }
        return secret
    }
}

extension DeliveryResult {
    /// What metrics call it.
    var name: String {
        switch self {
        case .sent: "sent"
        case .retry: "retry"
        case .permanent: "permanent"
        case .ambiguous: "ambiguous"
        }
    }
}
