import ServiceKit

/// Accepts what channels send, and delivers what agents and policies say.
@main struct Main {
    static func main() async {
        await ServiceMain.run(.connector, build: ConnectorService.build)
    }
}
