internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird

/// The routes that every service has, open to everybody who reaches its port.
enum HealthRoutes {
    static func add(to setup: ServiceSetup) {
        let (health, metrics) = (setup.health, setup.metrics)
        let plain = "text/plain; charset=utf-8"
        setup.router.get("/livez") { _, _ in Response.text("ok\n", type: plain) }
        setup.router.get("/readyz") { request, _ in
            let isVerbose = (request.uri.query ?? "").split(separator: "&").contains { $0.hasPrefix("verbose") }
            let page = Health.page(health.readiness(), verbose: isVerbose)
            return Response.text(page.text, status: page.isReady ? .ok : .serviceUnavailable, type: plain)
        }
        setup.router.get("/metrics") { request, _ in
            let accepted = request.headers[values: .accept].joined(separator: ",")
            let isOpen = accepted.contains("application/openmetrics-text")
            let type = isOpen ? MetricsText.openType : MetricsText.plainType
            return Response.text(metrics.text(openMetrics: isOpen), type: type)
        }
        let file = "\(setup.settings[CommonSettings.docsDirectory])/\(setup.service.name).yaml"
        let document = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
        setup.router.get("/openapi.yaml") { _, _ in
            guard let document else {
                throw Problem.notFound("No OpenAPI file was found at the start; PATCHBAY_DOCS_DIR says where they are.")
            }
            return Response.text(document, type: "application/yaml")
        }
    }
}
