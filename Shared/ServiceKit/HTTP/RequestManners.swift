internal import Domain
package import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// Wraps every request: names it, carries its trace, turns whatever was thrown into a problem, and counts it.
struct RequestManners: RouterMiddleware {
    typealias Context = HTTPContext

    private let routes: RouteTable
    private let requests: Counter
    private let durations: Histogram
    private let open: Gauge

    init(metrics: Metrics, routes: RouteTable) {
        self.routes = routes
        requests = metrics.counter(
            "patchbay_http_requests_total", help: "HTTP requests answered.", labels: ["route", "method", "status"])
        durations = metrics.histogram(
            "patchbay_http_request_duration_seconds", help: "Time until the answer, waiting included.",
            labels: ["route", "method"], buckets: Histogram.seconds + [30, 60])
        open = metrics.gauge("patchbay_http_requests_open", help: "HTTP requests being answered.")
    }

    @concurrent func handle(
        _ request: Request, context: HTTPContext, next: @concurrent (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = requestID(of: request)
        if let trace = request.headers[.traceparent].flatMap(TraceContext.init(traceparent:)) { context.trace = trace }
        context.logger[metadataKey: "request_id"] = "\(context.requestID)"
        context.logger[metadataKey: "trace_id"] = "\(context.trace.traceID)"
        let started = ContinuousClock.now
        open.add(1)
        defer { open.add(-1) }
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = problem(for: error, request, context).response(instance: request.uri.path)
        }
        response.headers[.xRequestID] = context.requestID
        count(request, context, response, since: started)
        return response
    }

    /// The client's own id when it is a decent one: 1 to 128 visible ASCII characters.
    private func requestID(of request: Request) -> String {
        let given = request.headers[.xRequestID].flatMap { CommandID(checking: $0)?.rawValue }
        return given ?? String(UInt64.random(in: .min ... .max), radix: 16)
            + String(UInt32.random(in: .min ... .max), radix: 16)
    }

    private func problem(for error: any Error, _ request: Request, _ context: HTTPContext) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case let error as HTTPError where error.status == .notFound && context.endpointPath == RouteTable.unmatched:
            return routes.problem(for: request)
        case let error as HTTPError:
            let code = error.status.reasonPhrase.lowercased().replacing(" ", with: "-")
            return Problem(error.status, code, error.body ?? error.status.reasonPhrase)
        case is NIOTooManyBytesError:
            return .bodyTooLarge(bytesMax: bodyBytesMax)
        case is CancellationError:
            return .unavailable("The service is stopping.")
        default:
            context.logger.error("request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Problem(
                .internalServerError, "internal-error", "This is our fault. It was logged as \(context.requestID).")
        }
    }

    private func count(_ request: Request, _ context: HTTPContext, _ response: Response, since: ContinuousClock.Instant)
    {
        let isKnown = context.endpointPath != nil && context.endpointPath != RouteTable.unmatched
        let route = isKnown ? context.endpointPath ?? "" : "unmatched"
        let method = knownMethods.contains(request.method) ? request.method.rawValue : "other"
        requests.increment([route, method, "\(response.status.code)"])
        durations.observe(.now - since, [route, method])
        context.logger.debug(
            "answered",
            metadata: [
                "route": "\(route)", "method": "\(method)", "status": "\(response.status.code)",
                "duration": "\(.now - since)",
            ])
    }
}

private let knownMethods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

extension HTTPField.Name {
    /// What the client calls its request.
    package static let xRequestID = HTTPField.Name("X-Request-Id")!
    /// W3C Trace Context.
    package static let traceparent = HTTPField.Name("traceparent")!
    package static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
