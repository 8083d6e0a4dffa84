import ServiceKit

@main struct Main {
    static func main() async {
        await ServiceMain.run(.slaTimer, build: SLATimerService.build)
    }
}
