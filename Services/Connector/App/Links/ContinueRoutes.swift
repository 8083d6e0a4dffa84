import Domain
import HTTPTypes
import Hummingbird
import ServiceKit

/// Where a continue-link leads: `GET /c/{token}` says which conversation goes on. The web chat page takes its place
/// here later; the token already lets its bearer post messages.
struct ContinueRoutes: Sendable {
    let links: ContinueLinks?
    let now: @Sendable () -> Instant

    func add(to router: Router<HTTPContext>) {
        router.get("/c/{token}") { request, context in
            let token = context.parameters.get("token") ?? ""
            let wantsPage = request.headers[.accept]?.contains("text/html") == true
            var response = try wantsPage ? page(token) : answer(token)
            // The address is a credential: it must not reach other sites, caches or search engines.
            response.headers[.referrerPolicy] = "no-referrer"
            response.headers[.robots] = "noindex"
            return response
        }
    }

    private func answer(_ token: String) throws(Problem) -> Response {
        let link = try read(token)
        return .json(
            .object([
                "conversation_id": link.conversationID, "customer_id": link.customerID, "expires_at": link.expiresAt,
            ]) as JSONValue)
    }

    private func read(_ token: String) throws(Problem) -> ContinueLink {
        guard let links else { throw .notFound("Continue-links are not set up here.") }
        do throws(ContinueLinks.Refusal) {
            return try links.read(token, at: now())
        } catch {
            switch error {
            case .invalid:
                throw Problem(.notFound, "continue-token-invalid", "This link is not one of ours, or was changed.")
            case .expired: throw Problem(.gone, "continue-token-expired", "This link has expired.")
            }
        }
    }

    private func page(_ token: String) -> Response {
        do throws(Problem) {
            let link = try read(token)
            return page(
                "Your conversation goes on here",
                "Conversation \(link.conversationID), until \(link.expiresAt.rfc3339).")
        } catch {
            return page(error.title, error.detail, status: error.status)
        }
    }

    private func page(_ title: String, _ text: String, status: HTTPResponse.Status = .ok) -> Response {
        let html = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>\(escaped(title))</title>
            <h1>\(escaped(title))</h1>
            <p>\(escaped(text))</p>
            </html>

            """
        var response = Response.text(html, status: status, type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] = "default-src 'none'"
        return response
    }

    private func escaped(_ text: String) -> String {
        text.escaping(["&": "&amp;", "<": "&lt;", ">": "&gt;"])
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    fileprivate static let robots = HTTPField.Name("X-Robots-Tag")!
    fileprivate static let contentSecurityPolicy = HTTPField.Name("Content-Security-Policy")!
}
