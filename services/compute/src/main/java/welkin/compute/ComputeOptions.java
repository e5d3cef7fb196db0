package welkin.compute;

import java.util.List;
import welkin.compute.scheduler.Scheduler;
import welkin.core.Config.Key;

/** The options Compute reads. */
final class ComputeOptions {
  static final Key<String> KEYPAIR_ALGORITHM =
      Key.text("compute.keypair_algorithm", "rsa", "Made keypairs are rsa (2048 bits) or ed25519.");
  static final Key<String> QUOTA_DRIVER =
      Key.text(
          "quota.driver",
          "local",
          "Where limits are kept: local (os-quota-sets) or unified (Identity's registered limits"
              + " and limits).");
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
  static final Key<Integer> PURGE_AFTER =
      Key.number(
          "compute.purge_deleted_after",
          90,
          "Days after which deleted servers and their actions are forgotten; 0 keeps them.");
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

  static final Key<String> FILTERS =
      Key.text(
          "filter_scheduler.enabled_filters",
          Scheduler.STANDARD,
          "Filters a host must pass, by upstream's names, separated by commas.");
  static final Key<String> ISOLATED_HOSTS =
      Key.text("filter_scheduler.isolated_hosts", "", "Hosts for isolated images, by commas.");
  static final Key<String> ISOLATED_IMAGES =
      Key.text("filter_scheduler.isolated_images", "", "Images for isolated hosts, by commas.");
  static final Key<Boolean> RESTRICT_ISOLATED =
      Key.flag(
          "filter_scheduler.restrict_isolated_hosts_to_isolated_images",
          true,
          "Isolated hosts take nothing but isolated images.");
  static final Key<Boolean> SAME_HOST =
      Key.flag(
          "DEFAULT.allow_resize_to_same_host",
          true,
          "A server may change its size on the host where it is.");
  static final Key<Integer> CONFIRM_WINDOW =
      Key.number(
          "DEFAULT.resize_confirm_window",
          0,
          "Seconds after which a resized server is confirmed by itself; 0 for never.");
  static final Key<Integer> LIVE_TIMEOUT =
      Key.number(
          "libvirt.live_migration_completion_timeout",
          800,
          "Seconds a live migration may take for each GiB that is sent; 0 for ever.");
  static final Key<String> LIVE_TIMEOUT_ACTION =
      Key.text(
          "libvirt.live_migration_timeout_action",
          "abort",
          "What happens then: abort or force_complete.");
  static final Key<Integer> LIVE_DOWNTIME =
      Key.number(
          "libvirt.live_migration_downtime",
          500,
          "Milliseconds a guest may stand still at the end of a live migration.");
  static final Key<Integer> LIVE_BANDWIDTH =
      Key.number(
          "libvirt.live_migration_bandwidth",
          0,
          "MiB per second a live migration may use; 0 for no limit.");
  static final Key<Boolean> LIVE_AUTO_CONVERGE =
      Key.flag(
          "libvirt.live_migration_permit_auto_converge",
          false,
          "Slow down a guest that changes its memory faster than it can be sent.");
  static final Key<Boolean> LIVE_POST_COPY =
      Key.flag(
          "libvirt.live_migration_permit_post_copy",
          false,
          "Let a forced guest go on at the destination before all its memory is there.");

  private ComputeOptions() {}

  static List<Key<?>> all() {
    return List.of(
        QUOTA_DRIVER,
        KEYPAIR_ALGORITHM,
        CPU_RATIO,
        RAM_RATIO,
        DISK_RATIO,
        RESERVED_RAM_MB,
        RESERVED_DISK_MB,
        SERVICE_DOWN_TIME,
        RESUME_GUESTS,
        PURGE_AFTER,
        VIF_TIMEOUT,
        DEFAULT_ZONE,
        MAX_ATTEMPTS,
        CONCURRENCY,
        FORCE_CONFIG_DRIVE,
        FILTERS,
        ISOLATED_HOSTS,
        ISOLATED_IMAGES,
        RESTRICT_ISOLATED,
        SAME_HOST,
        CONFIRM_WINDOW,
        LIVE_TIMEOUT,
        LIVE_TIMEOUT_ACTION,
        LIVE_DOWNTIME,
        LIVE_BANDWIDTH,
        LIVE_AUTO_CONVERGE,
        LIVE_POST_COPY);
  }
}
