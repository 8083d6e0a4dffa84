/// The version of the rules that a log has reached: it says what its machine makes of a record.
///
/// All services count alike, and each log is raised by itself. What a release changes in a machine's outcomes, and every
/// kind of record that it adds, waits for the `RulesVersion` record of that log; before, the old rule holds. A machine
/// begins at `first`; `newest` is what a new installation is raised to before its first record.
///
/// 2: message ids hold their sender; what a log puts out names the log's incarnation.
package enum RulesVersion {
    package static let first = 1
    package static let newest = 2
}
