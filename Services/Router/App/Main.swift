import ServiceKit

@main struct Main {
    static func main() async {
        await ServiceMain.run(.router, build: RouterService.build)
    }
}
