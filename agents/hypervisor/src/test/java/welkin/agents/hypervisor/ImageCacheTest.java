package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.testkit.ImageServer;

/** The cache with raw images: those need no program and no privileges. */
class ImageCacheTest {
  private static final String ID = "11111111-2222-4333-8444-555555555555";

  @TempDir Path state;
  private final ImageServer images = new ImageServer();
  private final ImageTransfer transfer = new ImageTransfer();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private ImageCache cache;

  @BeforeEach
  void open() throws Exception {
    var confinement = new Confinement(64055, 64055);
    cache =
        new ImageCache(
            state, "host", transfer, new QemuImg("qemu-img", confinement), confinement, () -> now);
  }

  @AfterEach
  void close() {
    transfer.close();
    images.close();
  }

  private ImageSource image(byte[] bytes, String token) {
    images.put(ID, bytes);
    return new ImageSource(ID, images.url(ID), Secret.of(token), "raw", bytes.length, null);
  }

  private Path base() {
    return state.resolve(ImageCache.DIRECTORY).resolve(ID + ".raw");
  }

  @Test
  void bytesArriveAsTheyAreHolesIncluded() throws Exception {
    var bytes = new byte[3 << 20];
    bytes[5] = 1;
    bytes[(2 << 20) + 7] = 2;
    var made = cache.fetch(image(bytes, ImageServer.TOKEN), 1);
    assertThat(made).isEqualTo(new ImageCache.Base(ID + ".raw", bytes.length));
    assertThat(Files.readAllBytes(base())).isEqualTo(bytes);
    assertThat(base().toFile().canExecute()).isFalse();
    cache.fetch(image(bytes, "another token, not needed any more"), 1);
    assertThat(images.downloads(ID)).isEqualTo(1);
  }

  @Test
  void aServiceThatIsAwayForAMomentIsAskedAgain() throws Exception {
    var bytes = new byte[1 << 20];
    new java.util.Random(1).nextBytes(bytes);
    images.breakOff(ID, 2);
    cache.fetch(image(bytes, ImageServer.TOKEN), 1);
    assertThat(images.downloads(ID)).isEqualTo(3);
    assertThat(Files.readAllBytes(base())).isEqualTo(bytes);
  }

  @Test
  void unusedImagesGoAfterAWhile() {
    cache.fetch(image(new byte[512], ImageServer.TOKEN), 1);
    var age = Duration.ofHours(24);
    now = now.plus(Duration.ofHours(20));
    cache.evict(Set.of(), age);
    assertThat(base()).exists();
    cache.fetch(image(new byte[512], ImageServer.TOKEN), 1);
    now = now.plus(Duration.ofHours(20));
    cache.evict(Set.of(), age);
    assertThat(base()).exists();
    now = now.plus(Duration.ofHours(20));
    cache.evict(Set.of(ID + ".raw"), age);
    assertThat(base()).exists();
    cache.evict(Set.of(), age);
    assertThat(base()).doesNotExist();
    assertThat(state.resolve(ImageCache.DIRECTORY)).isEmptyDirectory();
  }

  @Test
  void refusalsOfTheImageServiceAreTold() {
    var f = catchThrowableOfType(Fault.class, () -> cache.fetch(image(new byte[512], "stale"), 1));
    assertThat(f).hasMessageContaining("401");
    assertThat(f.getMessage()).doesNotContain("stale");
    assertThat(state.resolve(ImageCache.DIRECTORY)).isEmptyDirectory();
  }

  @Test
  void leftoversOfAnInterruptedDownloadAreSwept() throws Exception {
    Files.write(base().resolveSibling(ID + ".host.part"), new byte[10]);
    Files.createDirectories(base().resolveSibling(ID + ".host.work"));
    open();
    assertThat(state.resolve(ImageCache.DIRECTORY)).isEmptyDirectory();
  }
}
