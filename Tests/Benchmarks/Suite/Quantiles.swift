/// What of all times is told. In microseconds.
struct Quantiles {
    var p50: Int
    var p90: Int
    var p99: Int
    var max: Int

    init(p50: Int, p90: Int, p99: Int, max: Int) {
        (self.p50, self.p90, self.p99, self.max) = (p50, p90, p99, max)
    }

    init(nanoseconds: [UInt64]) {
        let sorted = nanoseconds.sorted()
        func quantile(_ share: Double) -> Int {
            sorted.isEmpty ? 0 : Int(sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)] / 1000)
        }
        self.init(p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), max: quantile(1))
    }
}
