internal import HTTPTypes
internal import Hummingbird

/// Lets a request through when its token has one of the roles.
struct RoleGuard: RouterMiddleware {
    typealias Context = HTTPContext

    let authenticator: Authenticator
    let roles: [Role]

    @concurrent func handle(
        _ request: Request, context: HTTPContext, next: @concurrent (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let principal = try await authenticator.principal(authorization: request.headers[.authorization])
        try principal.require(roles)
        var context = context
        context.principal = principal
        return try await next(request, context)
    }
}
