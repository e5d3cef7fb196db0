package welkin.compute.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimestampsTest {
  private static final DateTimeFormatter NAIVE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

  @Test
  void timesAreWrittenAsFormattersDo() {
    assertThat(Timestamps.naive(null)).isNull();
    assertThat(Timestamps.seconds(null)).isNull();
    var random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      check(
          Instant.ofEpochSecond(random.nextLong(-62_135_596_800L, 260_000_000_000L), i * 40_007L));
    }
    check(Instant.parse("9999-12-31T23:59:59.999999999Z"));
    check(Instant.parse("+10000-01-01T00:00:00Z"));
    check(Instant.EPOCH);
  }

  private static void check(Instant t) {
    assertThat(Timestamps.naive(t)).isEqualTo(NAIVE.format(t));
    assertThat(Timestamps.seconds(t)).isEqualTo(t.truncatedTo(ChronoUnit.SECONDS).toString());
  }
}
