import ServiceKit

/// Knows who a customer is, which conversation a message is part of, and what has happened.
@main struct Main {
    static func main() async {
        await ServiceMain.run(.context, build: ContextService.build)
    }
}
