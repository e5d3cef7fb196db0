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
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
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
