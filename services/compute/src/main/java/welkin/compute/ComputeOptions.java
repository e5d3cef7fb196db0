package welkin.compute;

import java.util.List;
import welkin.core.Config.Key;

/** The options Compute reads. */
final class ComputeOptions {
  static final Key<String> KEYPAIR_ALGORITHM =
      Key.text("compute.keypair_algorithm", "rsa", "Made keypairs are rsa (2048 bits) or ed25519.");
  static final Key<Double> CPU_RATIO =
      Key.decimal("DEFAULT.initial_cpu_allocation_ratio", 4.0, "Virtual CPUs per processor.");
  static final Key<Double> RAM_RATIO =
      Key.decimal("DEFAULT.initial_ram_allocation_ratio", 1.0, "Guest memory per memory.");
  static final Key<Double> DISK_RATIO =
      Key.decimal("DEFAULT.initial_disk_allocation_ratio", 1.0, "Guest disk per disk.");
  static final Key<Integer> RESERVED_RAM_MB =
      Key.number("DEFAULT.reserved_host_memory_mb", 512, "Memory kept for each host itself.");
  static final Key<Integer> RESERVED_DISK_MB =
      Key.number("DEFAULT.reserved_host_disk_mb", 0, "Disk kept for each host itself.");
  static final Key<Integer> SERVICE_DOWN_TIME =
      Key.number("DEFAULT.service_down_time", 60, "Seconds of silence after which a host is down.");
  static final Key<Boolean> RESUME_GUESTS =
      Key.flag(
          "DEFAULT.resume_guests_state_on_host_boot",
          true,
          "Start guests again that ran when their host went away.");
  static final Key<Integer> VIF_TIMEOUT =
      Key.number("DEFAULT.vif_plugging_timeout", 300, "Seconds to wait for a port to be wired.");
  static final Key<String> DEFAULT_ZONE =
      Key.text(
          "DEFAULT.default_availability_zone", "nova", "Zone of hosts that no aggregate places.");
  static final Key<Integer> MAX_ATTEMPTS =
      Key.number("scheduler.max_attempts", 3, "Hosts tried for one server.");
  static final Key<Integer> CONCURRENCY =
      Key.number("compute.max_concurrent_workflows", 64, "Workflows that run at once.");
  static final Key<Boolean> FORCE_CONFIG_DRIVE =
      Key.flag("DEFAULT.force_config_drive", false, "Give every server a config drive.");

  private ComputeOptions() {}

  static List<Key<?>> all() {
    return List.of(
        KEYPAIR_ALGORITHM,
        CPU_RATIO,
        RAM_RATIO,
        DISK_RATIO,
        RESERVED_RAM_MB,
        RESERVED_DISK_MB,
        SERVICE_DOWN_TIME,
        RESUME_GUESTS,
        VIF_TIMEOUT,
        DEFAULT_ZONE,
        MAX_ATTEMPTS,
        CONCURRENCY,
        FORCE_CONFIG_DRIVE);
  }
}
