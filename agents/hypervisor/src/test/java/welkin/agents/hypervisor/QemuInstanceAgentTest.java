package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.bus.InProcessBus;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.testkit.ImageServer;
import welkin.testkit.InstanceAgentContract;
import welkin.testkit.TinyGuest;

/** The contract with real QEMU, and what is QEMU's own. Needs root for the tap devices. */
@Tag("real")
class QemuInstanceAgentTest extends InstanceAgentContract {
  private Path state;
  private QemuInstanceAgent agent;
  private final List<InstanceState> reported = new CopyOnWriteArrayList<>();

  @BeforeEach
  void startAgent() throws Exception {
    // closed to others, as a state directory below /root would be
    state = Files.createTempDirectory("hypervisor");
    agent = open();
  }

  @AfterEach
  void stopAgent() throws Exception {
    agent.destroyAll();
    agent.close();
    assertThat(state.resolve("compute/guests")).isEmptyDirectory();
    HostFiles.removeTree(state);
  }

  private QemuInstanceAgent open() {
    return new QemuInstanceAgent(
        HypervisorSettings.of("test-host", state.resolve("compute"))
            .withUnplugLimit(Duration.ofSeconds(20)),
        InstantSource.system(),
        reported::add);
  }

  @Override
  protected InstanceAgent agent() {
    return agent;
  }

  @Override
  protected void restartAgent() {
    agent.close();
    agent = open();
  }

  @Override
  protected List<InstanceState> reported() {
    return reported;
  }

  private Path vm(String serverId) {
    return state.resolve("compute/guests").resolve(serverId).resolve("vm");
  }

  private void say(String serverId, String what) throws Exception {
    try (var serial =
        SocketChannel.open(UnixDomainSocketAddress.of(vm(serverId).resolve("serial")))) {
      serial.write(ByteBuffer.wrap(what.getBytes(StandardCharsets.US_ASCII)));
      // QEMU drops what it has not read when the other side goes
      var answer = ByteBuffer.allocate(1);
      var reader =
          Thread.startVirtualThread(
              () -> {
                try {
                  serial.read(answer);
                } catch (java.io.IOException e) {
                  // closed below
                }
              });
      reader.join(Duration.ofSeconds(1));
    }
  }

  @Override
  protected void powerOffFromInside(String serverId) throws Exception {
    say(serverId, "s");
  }

  @Override
  protected void rebootFromInside(String serverId) throws Exception {
    say(serverId, "r");
  }

  private ProcessHandle process(String serverId) throws Exception {
    return ProcessHandle.of(
            Long.parseLong(Files.readString(vm(serverId).resolveSibling("pid")).strip()))
        .orElseThrow();
  }

  @Override
  protected void crash(String serverId) throws Exception {
    process(serverId).destroyForcibly();
  }

  @Test
  void qemuHasNoPrivileges() throws Exception {
    var spec = running(spec());
    var status = Files.readString(Path.of("/proc", "" + process(spec.serverId()).pid(), "status"));
    assertThat(status).contains("Uid:\t64055\t64055\t64055\t64055", "NoNewPrivs:\t1");
    assertThat(status).contains("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000");
    assertThat(status).contains("Seccomp:\t2");
    assertThat(Files.readString(vm(spec.serverId()).resolveSibling("guest.json")))
        .doesNotContain(ImageServer.TOKEN);
  }

  @Test
  void whatHappenedWhileNoAgentListenedIsFoundOut() throws Exception {
    var rebooted = running(spec());
    var off = running(spec());
    var killed = running(spec());
    agent.close();
    rebootFromInside(rebooted.serverId());
    powerOffFromInside(off.serverId());
    crash(killed.serverId());
    agent = open();
    await("the reboot", () -> power(rebooted) == PowerState.RUNNING);
    assertThat(power(off)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(power(killed)).isEqualTo(PowerState.CRASHED);
    assertThat(reported)
        .extracting(s -> s.serverId() + " " + s.power())
        .containsExactlyInAnyOrder(
            rebooted.serverId() + " RUNNING",
            off.serverId() + " SHUTDOWN",
            killed.serverId() + " CRASHED");
  }

  @Test
  void guestsAskingTogetherShareOneDownload() throws Exception {
    var image = UUID.randomUUID().toString();
    images.put(image, TinyGuest.polite());
    try (var together = Executors.newVirtualThreadPerTaskExecutor()) {
      var spawns =
          IntStream.range(0, 4)
              .mapToObj(i -> together.submit(() -> agent.spawn(spec(image))))
              .toList();
      for (var s : spawns) {
        s.get();
      }
    }
    assertThat(agent.instances()).hasSize(4);
    assertThat(images.downloads(image)).isEqualTo(1);
    var base = state.resolve("compute/images-cache").resolve(image + ".raw");
    assertThat(Files.getPosixFilePermissions(base)).hasSize(3);
    assertThat(Files.getAttribute(base, "unix:uid")).isEqualTo(0);
  }

  @Test
  void unacceptableImagesAreRefusedAndLeaveNothing() throws Exception {
    var image = UUID.randomUUID().toString();
    images.put(image, TinyGuest.polite());
    var url = images.url(image);
    var token = Secret.of(ImageServer.TOKEN);
    var size = TinyGuest.IMAGE_BYTES;
    refused(new ImageSource(image, url, token, "raw", size, "00".repeat(64)), 1);
    refused(new ImageSource(image, url, token, "qcow2", size, null), 1);
    refused(new ImageSource(image, url, token, "raw", size - 1, null), 1);
    refused(new ImageSource(image, url + "x", token, "raw", size + 1, null), 1);
    // names a file of the host as its backing file
    var attack = state.resolve("attack.qcow2");
    Exec.must(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        "/etc/passwd",
        "-F",
        "raw",
        "-u",
        attack.toString(),
        "1M");
    var evil = UUID.randomUUID().toString();
    images.put(evil, Files.readAllBytes(attack));
    refused(new ImageSource(evil, images.url(evil), token, "qcow2", 0, null), 1);
    // larger than the flavor's disk
    var large = state.resolve("large.qcow2");
    Exec.must("qemu-img", "create", "-q", "-f", "qcow2", large.toString(), "1025M");
    var big = UUID.randomUUID().toString();
    images.put(big, Files.readAllBytes(large));
    var f = refused(new ImageSource(big, images.url(big), token, "qcow2", 0, null), 1);
    assertThat(f.code()).isEqualTo("FlavorDiskSmallerThanImage");
    assertThat(agent.instances()).isEmpty();
    assertThat(state.resolve("compute/images-cache")).isEmptyDirectory();
  }

  private Fault refused(ImageSource image, int rootGb) {
    var s = spec(image.id());
    var spec =
        new InstanceSpec(
            s.serverId(),
            s.name(),
            s.hostname(),
            s.projectId(),
            1,
            32,
            rootGb,
            0,
            0,
            image,
            List.of(),
            null,
            Map.of(),
            Map.of());
    var f = catchThrowableOfType(Fault.class, () -> agent.spawn(spec));
    assertThat(f).isNotNull();
    assertThat(f.status()).as(f.getMessage()).isEqualTo(400);
    return f;
  }

  @Test
  void aQcow2ImageBootsOnEveryBusWithAllItsDisks() throws Exception {
    var raw = Files.write(state.resolve("guest.raw"), TinyGuest.deaf());
    var qcow2 = state.resolve("guest.qcow2");
    Exec.must(
        "qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw.toString(), qcow2.toString());
    var bytes = Files.readAllBytes(qcow2);
    var image = UUID.randomUUID().toString();
    images.put(image, bytes);
    var sha512 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-512").digest(bytes));
    for (var bus : List.of("virtio", "scsi", "ide")) {
      var s = spec(image);
      var spec =
          new InstanceSpec(
              s.serverId(),
              s.name(),
              s.hostname(),
              s.projectId(),
              2,
              64,
              0,
              1,
              64,
              new ImageSource(
                  image,
                  images.url(image),
                  Secret.of(ImageServer.TOKEN),
                  "qcow2",
                  bytes.length,
                  sha512),
              List.of(nic()),
              s.configDrive(),
              Map.of("hw:cpu_cores", "2"),
              Map.of("hw_disk_bus", bus, "hw_vif_model", "e1000", "hw_cdrom_bus", bus));
      running(spec);
      var first = bus.equals("virtio") ? "vd" : bus.equals("scsi") ? "sd" : "hd";
      assertThat(agent.diagnostics(spec.serverId()))
          .containsKeys("cpu1_time", first + "a_read", first + "b_read", first + "c_read");
      agent.destroy(spec.serverId());
    }
  }

  @Test
  void aFullDiskIsSaidAndLeavesNothing() throws Exception {
    var small = Files.createDirectories(state.resolve("compute")).toString();
    agent.close();
    Exec.must("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small);
    // however this process ends, its end of the pipe closes, and the mount goes
    var keeper =
        new ProcessBuilder("setsid", "sh", "-c", "read end; umount -l \"$0\"", small).start();
    try {
      agent = open();
      var image = UUID.randomUUID().toString();
      var bytes = new byte[12 << 20];
      new java.util.Random(1).nextBytes(bytes);
      images.put(image, bytes);
      for (var told : List.of(0, bytes.length)) {
        var source =
            new ImageSource(
                image, images.url(image), Secret.of(ImageServer.TOKEN), "raw", told, null);
        full(() -> agent.spawn(sized(image, source, 0)));
      }
      assertThat(state.resolve("compute/images-cache")).isEmptyDirectory();

      // with an image that is here already, and a guest
      var spec = running(spec());
      var filler = state.resolve("compute/filler");
      try (var out = Files.newOutputStream(filler)) {
        out.write(bytes);
      } catch (java.io.IOException e) {
        assertThat(e).hasMessageContaining("No space left");
      }
      full(() -> agent.spawn(sized(spec.image().id(), spec.image(), 1)));
      assertThat(agent.instances()).hasSize(1);
      try (var guests = Files.list(state.resolve("compute/guests"))) {
        assertThat(guests).hasSize(1);
      }

      // memory cannot be saved, and the guest goes on
      full(() -> agent.power(spec.serverId(), PowerAction.SUSPEND, 0));
      assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
      Files.delete(filler);
      agent.power(spec.serverId(), PowerAction.STOP, 30);
      assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
      assertThat(boots(spec.serverId())).isEqualTo(1);
    } finally {
      agent.destroyAll();
      agent.close();
      keeper.getOutputStream().close();
      assertThat(keeper.waitFor()).as("unmounted").isZero();
      agent = open();
    }
  }

  private int boots(String serverId) {
    return agent.consoleLog(serverId, null).split(TinyGuest.BANNER, -1).length - 1;
  }

  private static void full(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    var f = catchThrowableOfType(Fault.class, call);
    assertThat(f).as("a fault").isNotNull();
    assertThat(f.code()).as(f.getMessage()).isEqualTo("DiskFull");
    assertThat(f.status()).isEqualTo(507);
  }

  private InstanceSpec sized(String image, ImageSource source, int ephemeralGb) {
    var s = spec(image);
    return new InstanceSpec(
        s.serverId(),
        s.name(),
        s.hostname(),
        s.projectId(),
        1,
        32,
        0,
        ephemeralGb,
        0,
        source,
        List.of(),
        null,
        Map.of(),
        Map.of());
  }

  @Test
  void aServerDeletedWhileItsImageArrivesIsNotMade() throws Exception {
    var spec = spec();
    var arriving = images.hold(spec.image().id());
    var spawn =
        java.util.concurrent.CompletableFuture.supplyAsync(
            () -> catchThrowableOfType(Fault.class, () -> agent.spawn(spec)));
    await("the download", () -> images.downloads(spec.image().id()) == 1);
    agent.destroy(spec.serverId());
    arriving.countDown();
    assertThat(spawn.get().code()).isEqualTo("InstanceNotFound");
    assertThat(agent.instances()).isEmpty();
    assertThat(state.resolve("compute/guests")).isEmptyDirectory();
  }

  @Test
  void aSpawnCutShortIsDoneAnewByTheNextAgent() throws Exception {
    var spec = spec();
    agent.spawn(spec);
    // as if the agent had been killed after starting QEMU and before writing that down
    var file = vm(spec.serverId()).resolveSibling("guest.json");
    var text = Files.readString(file);
    var first = process(spec.serverId());
    agent.close();
    Files.writeString(file, text.replace("\"ready\":true", "\"ready\":false"));
    agent = open();
    agent.spawn(spec);
    assertThat(power(spec)).isEqualTo(PowerState.PAUSED);
    assertThat(first.isAlive()).isFalse();
    agent.power(spec.serverId(), PowerAction.RESUME, 0);
    await("boot", () -> boots(spec.serverId()) == 1);
  }

  @Test
  void theHostReportsItselfAndItsGuestsOnTheBus() throws Exception {
    var alive = new java.util.concurrent.CompletableFuture<HostReport>();
    var changes = new CopyOnWriteArrayList<String>();
    var bus = new InProcessBus();
    bus.offer(
        ComputeReports.class,
        "",
        new ComputeReports() {
          @Override
          public void alive(HostReport report) {
            alive.complete(report);
          }

          @Override
          public void changed(String host, InstanceState s) {
            changes.add(host + " " + s.serverId() + " " + s.power());
          }
        });
    var spec = spec();
    var settings = HypervisorSettings.of("node-1", state.resolve("other"));
    try (bus;
        var host = new ComputeHost(settings, bus, InstantSource.system())) {
      assertThat(alive.get(30, java.util.concurrent.TimeUnit.SECONDS).host()).isEqualTo("node-1");
      var client = bus.client(InstanceAgent.class, "node-1");
      client.spawn(spec);
      client.power(spec.serverId(), PowerAction.RESUME, 0);
      var vm = state.resolve("other/guests").resolve(spec.serverId());
      ProcessHandle.of(Long.parseLong(Files.readString(vm.resolve("pid"))))
          .orElseThrow()
          .destroyForcibly();
      await("the report", () -> changes.contains("node-1 " + spec.serverId() + " CRASHED"));
      assertThat(client.instances()).hasSize(1);
      host.destroyAll();
    }
  }

  @Test
  void aLongStateDirectoryWorksToo() throws Exception {
    var settings =
        HypervisorSettings.of("h", state.resolve("a-rather-long-name-of-a-directory".repeat(3)));
    try (var deep = new QemuInstanceAgent(settings, InstantSource.system(), reported::add)) {
      var spec = spec();
      deep.spawn(spec);
      deep.power(spec.serverId(), PowerAction.RESUME, 0);
      assertThat(deep.instance(spec.serverId()).power()).isEqualTo(PowerState.RUNNING);
      deep.power(spec.serverId(), PowerAction.SUSPEND, 0);
      deep.power(spec.serverId(), PowerAction.RESTORE, 0);
      assertThat(deep.instance(spec.serverId()).power()).isEqualTo(PowerState.RUNNING);
      deep.destroyAll();
    }
    try (var run = Files.newDirectoryStream(Path.of("/run"), "welkin-*")) {
      for (var link : run) {
        assertThat(Files.readSymbolicLink(link).startsWith(state)).as("left behind").isFalse();
      }
    }
  }

  @Test
  void theConfigDriveIsAnIsoOfTheRightLabel() throws Exception {
    var spec = running(spec());
    var iso = Files.readAllBytes(vm(spec.serverId()).resolveSibling("config.iso"));
    assertThat(new String(iso, 0x8000 + 40, 32, StandardCharsets.US_ASCII).strip())
        .isEqualTo("config-2");
  }

  @Test
  void tapsGoWithTheirGuest() {
    var nic = nic();
    var spec = with(spec(), List.of(nic));
    running(spec);
    var tap = Path.of("/sys/class/net", nic.deviceName());
    assertThat(tap).exists();
    agent.power(spec.serverId(), PowerAction.STOP, 0);
    assertThat(tap).doesNotExist();
    agent.power(spec.serverId(), PowerAction.START, 0);
    assertThat(tap).exists();
    agent.destroy(spec.serverId());
    assertThat(tap).doesNotExist();
  }

  @Test
  void aTapMovedIntoAnotherNamespaceIsNotMissed() {
    var ns = "hvt-" + ProcessHandle.current().pid();
    var nic = nic();
    var spec = with(spec(), List.of(nic));
    running(spec);
    Exec.must("ip", "netns", "add", ns);
    try {
      Exec.must("ip", "link", "set", "dev", nic.deviceName(), "netns", ns);
      agent.power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
      assertThat(Path.of("/sys/class/net", nic.deviceName())).exists();
      assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
      agent.detachNic(spec.serverId(), nic.portId());
    } finally {
      Exec.must("ip", "netns", "del", ns);
    }
  }

  @Test
  void aGuestThatKeepsADeviceIsAFault() {
    var nic = nic();
    var spec = with(deafSpec(), List.of(nic));
    agent.close();
    agent =
        new QemuInstanceAgent(
            HypervisorSettings.of("test-host", state.resolve("compute"))
                .withUnplugLimit(Duration.ofSeconds(1)),
            InstantSource.system(),
            reported::add);
    running(spec);
    var f = catchThrowableOfType(Fault.class, () -> agent.detachNic(spec.serverId(), nic.portId()));
    assertThat(f.code()).isEqualTo("DeviceDetachFailed");
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
  }

  @Test
  void goingDownKeepsGuestsForTheNextStart() {
    var spec = running(spec());
    agent.stopAll(Duration.ofSeconds(30));
    restartAgent();
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
    assertThat(agent.instance(spec.serverId()).reason()).isEqualTo(QemuInstanceAgent.HOST_DOWN);
    assertThat(reported).isEmpty();
    agent.power(spec.serverId(), PowerAction.START, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
  }
}
