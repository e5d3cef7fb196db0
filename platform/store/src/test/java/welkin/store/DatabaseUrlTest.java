package welkin.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {
  @Test
  void sqliteIsAWord() {
    assertThat(DatabaseUrl.parse("sqlite")).isEqualTo(DatabaseUrl.SQLITE);
  }

  @Test
  void anAddressHasItsPartsAndTheUsualPort() {
    var url = DatabaseUrl.parse("postgresql://wel%40kin:p%2F%23s+s@db1/cloud?readers=7");
    assertThat(url.engine()).isEqualTo(Dialect.POSTGRESQL);
    assertThat(url.host()).isEqualTo("db1");
    assertThat(url.port()).isEqualTo(5432);
    assertThat(url.user()).isEqualTo("wel@kin");
    assertThat(url.password().reveal()).isEqualTo("p/#s+s");
    assertThat(url.base()).isEqualTo("cloud");
    assertThat(url.number("readers", 4)).isEqualTo(7);
    assertThat(url.schema("block-storage")).isEqualTo("block_storage");
  }

  @Test
  void eachServiceHasADatabaseOfItsOwnOnMariadb() {
    var url = DatabaseUrl.parse("mariadb://welkin:secret@db1:3307");
    assertThat(url.port()).isEqualTo(3307);
    assertThat(url.schema("identity")).isEqualTo("welkin_identity");
  }

  @Test
  void thePasswordIsNeverShown() {
    assertThat(DatabaseUrl.parse("mariadb://welkin:s3cret@db1:3307/base").toString())
        .isEqualTo("mariadb://welkin@db1:3307/base");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "oracle://u:s3cret@h/b",
        "postgresql://",
        "postgresql://h/b",
        "postgresql://u:s3cret/x@h/b",
        "postgresql://u:s3cret@h/Some-Base",
        "mariadb://u:s3cret@h/b?reader=4",
        "mariadb://u:s3cret@h/b?readers=0",
        "mariadb://u:s3cret@h/b?tls=maybe"
      })
  void whatIsWrongIsSaidWithoutThePassword(String text) {
    assertThatThrownBy(() -> DatabaseUrl.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .isNotBlank()
        .doesNotContain("s3cret");
  }
}
