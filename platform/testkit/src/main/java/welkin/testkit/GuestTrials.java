package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;
import welkin.core.Secret;

/**
 * What tests of instance agents have in common: images of {@link TinyGuest}s and where they come
 * from, specifications, and looking at a guest until it is as wanted.
 */
abstract class GuestTrials {
  /** Serves the guests' images and takes their snapshots. */
  protected ImageServer images;

  private String politeImage;
  private String deafImage;
  private String busyImage;

  /** The agent most is asked of; another object after it was started anew. */
  protected abstract InstanceAgent agent();

  /** What a guest prints on its console at every boot. */
  protected String banner() {
    return TinyGuest.BANNER;
  }

  /** How long something may take that should take a second. */
  protected Duration patience() {
    return Duration.ofSeconds(60);
  }

  @BeforeEach
  final void serveImages() {
    images = new ImageServer();
    politeImage = UUID.randomUUID().toString();
    deafImage = UUID.randomUUID().toString();
    images.put(politeImage, TinyGuest.polite());
    images.put(deafImage, TinyGuest.deaf());
    busyImage = UUID.randomUUID().toString();
    images.put(busyImage, TinyGuest.busy());
  }

  @AfterEach
  final void closeImages() {
    images.close();
  }

  /** A guest that obeys the power button, without network devices. */
  protected InstanceSpec spec() {
    return spec(politeImage);
  }

  /** A guest that ignores the power button. */
  protected InstanceSpec deafSpec() {
    return spec(deafImage);
  }

  /** The image of a guest that changes its memory all the time. */
  protected String busyImage() {
    return busyImage;
  }

  /** A guest from an image put into {@link #images}. */
  protected InstanceSpec spec(String imageId) {
    var id = UUID.randomUUID().toString();
    return new InstanceSpec(
        id,
        "guest",
        "guest",
        "c0ffee00c0ffee00c0ffee00c0ffee00",
        1,
        32,
        1,
        0,
        0,
        new ImageSource(
            imageId,
            images.url(imageId),
            Secret.of(ImageServer.TOKEN),
            "raw",
            TinyGuest.IMAGE_BYTES,
            null),
        List.of(),
        Map.of("openstack/latest/meta_data.json", "e30="),
        Map.of(),
        Map.of());
  }

  /** A port nobody wires. */
  protected NicSpec nic() {
    var id = UUID.randomUUID().toString();
    return new NicSpec(
        id,
        UUID.randomUUID().toString(),
        "fa:16:3e:" + id.replaceAll("(..)(..)(..).*", "$1:$2:$3"),
        1450);
  }

  /** Waits for a condition, at most {@link #patience}. */
  protected final void await(String what, BooleanSupplier condition) {
    var deadline = System.nanoTime() + patience().toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen within " + patience().toSeconds() + " s: " + what);
      }
      Thread.onSpinWait();
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
    }
  }

  protected final PowerState power(InstanceSpec spec) {
    return agent().instance(spec.serverId()).power();
  }

  /** Spawns and lets run until the guest has printed its banner. */
  protected final InstanceSpec running(InstanceSpec spec) {
    agent().spawn(spec);
    agent().power(spec.serverId(), PowerAction.RESUME, 0);
    awaitBoots(spec, 1);
    return spec;
  }

  protected final void awaitBoots(InstanceSpec spec, int boots) {
    await("boot number " + boots, () -> boots(spec) >= boots);
  }

  protected final int boots(InstanceSpec spec) {
    return agent().consoleLog(spec.serverId(), null).split(banner(), -1).length - 1;
  }

  protected static Fault fault(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    var f = catchThrowableOfType(Fault.class, call);
    assertThat(f).as("a fault").isNotNull();
    return f;
  }

  /** A specification with other network devices. */
  protected static InstanceSpec with(InstanceSpec s, List<NicSpec> nics) {
    return new InstanceSpec(
        s.serverId(),
        s.name(),
        s.hostname(),
        s.projectId(),
        s.vcpus(),
        s.memoryMb(),
        s.rootGb(),
        s.ephemeralGb(),
        s.swapMb(),
        s.image(),
        nics,
        s.configDrive(),
        s.extraSpecs(),
        s.imageProperties());
  }
}
