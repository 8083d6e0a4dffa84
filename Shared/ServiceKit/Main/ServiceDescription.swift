/// What a service is called and what it can be told.
package struct ServiceDescription: Sendable {
    package let name: String
    /// One line for `--help`.
    package let summary: String
    package let settings: [any SettingDeclaration]

    package init(name: String, summary: String, httpPort: Int, settings: [any SettingDeclaration] = []) {
        self.name = name
        self.summary = summary
        self.settings = [CommonSettings.httpPort(default: httpPort)] + SettingsCatalogue.common + settings
    }

    package static let connector = ServiceDescription(
        name: "connector", summary: "accepts what channels send and delivers what agents and policies say",
        httpPort: 8_081,
        settings: [
            ConnectorSettings.publicURL, ConnectorSettings.linkSecret, ConnectorSettings.allowsPrivateAddresses,
            ConnectorSettings.intakeMax,
        ])

    package static let router = ServiceDescription(
        name: "router", summary: "queues, matches and offers work, and takes every action of an agent",
        httpPort: 8_082, settings: [RouterSettings.rateLimit, RouterSettings.rateWindow])

    package static let context = ServiceDescription(
        name: "context", summary: "knows who a customer is, which conversation a message is part of, and its timeline",
        httpPort: 8_083, settings: [ContextSettings.dataDirectory])

    package static let slaTimer = ServiceDescription(
        name: "sla-timer", summary: "runs the clocks of every promise, warns, escalates, acknowledges and asks",
        httpPort: 8_084)

    package static let all: [ServiceDescription] = [connector, router, context, slaTimer]
}

/// The version that `--version`, `patchbay_build_info` and the API report.
package let patchbayVersion = "0.1.0"
