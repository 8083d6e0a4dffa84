/// The text of `--help`, made from the declarations.
struct HelpText {
    let service: ServiceDescription

    var text: String {
        var lines = [
            "\(service.name): \(service.summary)", "", "Usage: \(service.name) [--help | --version | --check-config]",
            "",
            "  --help          shows this text", "  --version       shows the version",
            "  --check-config  checks the settings and exits", "", "Settings, from the environment:", "",
        ]
        for setting in service.settings {
            lines.append("  \(setting.key)\(setting.isSecret ? " (or \(setting.key)_FILE)" : "")")
            lines.append("      \(setting.help)")
            let unit = setting.unit.map { " " + $0 } ?? ""
            lines.append("      default: \(setting.defaultText.map { $0 + unit } ?? "none"); \(setting.form)")
        }
        lines += [
            "", "  PATCHBAY_KAFKA_<PROPERTY>",
            "      Any librdkafka property, a dot written as _ and an underscore as __.",
            "      Example: PATCHBAY_KAFKA_SECURITY_PROTOCOL=sasl_ssl",
            "  PATCHBAY_SECRET_<NAME>",
            "      A secret that the configuration names; or the file <name> in PATCHBAY_SECRETS_DIR.", "",
            "Exit codes: 0 stopped as asked, 64 wrong arguments, 70 failed while running, 75 did not stop in time,",
            "            78 wrong settings, 69 could not start.", "",
        ]
        return lines.joined(separator: "\n")
    }
}
