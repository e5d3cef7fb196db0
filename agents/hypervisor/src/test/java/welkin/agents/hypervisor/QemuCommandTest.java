package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static welkin.agents.hypervisor.QemuCommand.Start.PAUSED;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;

class QemuCommandTest {
  private static final String ID = "6d1fbc3a-6d4e-4c3c-9b43-3f5f6a0c1f11";
  private static final NicSpec A =
      new NicSpec("aaaaaaaa-0000-4000-8000-000000000001", "net", "fa:16:3e:00:00:01", 1450);
  private static final NicSpec B =
      new NicSpec("bbbbbbbb-0000-4000-8000-000000000002", "net", "fa:16:3e:00:00:02", 0);

  private static InstanceSpec spec(
      Map<String, String> flavor, Map<String, String> image, List<NicSpec> nics) {
    return new InstanceSpec(
        ID,
        "n",
        "h",
        "p",
        4,
        512,
        10,
        1,
        64,
        new ImageSource("i", "http://x", Secret.of("very secret"), "raw", 1, null),
        nics,
        Map.of(),
        flavor,
        image);
  }

  private static final java.nio.file.Path STATE = java.nio.file.Path.of("/state");
  private static final GuestDirectory DIR =
      new GuestDirectory(STATE.resolve("guests"), STATE.resolve("guests"), STATE, "id");

  private static GuestRecord record(InstanceSpec spec) {
    return GuestRecord.building(
        spec, new GuestRecord.Hardware("pc-i440fx-7.2", "Nehalem", "tcg", 0), "i.raw");
  }

  private static String command(InstanceSpec spec) {
    return String.join(" ", QemuCommand.of("qemu", record(spec), record(spec).spec(), DIR, PAUSED));
  }

  @Test
  void theMachineIsPinnedSandboxedAndPaused() {
    assertThat(command(spec(Map.of(), Map.of(), List.of())))
        .contains("-M pc-i440fx-7.2 -accel tcg,tb-size=32 -cpu Nehalem -m 512M")
        .contains("-smp 4,sockets=4,cores=1,threads=1")
        .contains("elevateprivileges=deny,spawn=deny")
        .contains("-action reboot=shutdown,shutdown=pause", " -S", "product=OpenStack Nova")
        .doesNotContain("-daemonize", "-incoming");
  }

  @Test
  void everyDiskNamesItsFormat() {
    var c = command(spec(Map.of(), Map.of(), List.of()));
    assertThat(c)
        .contains("driver=raw,read-only=on,node-name=base,file=base-file")
        .contains("driver=qcow2,file=root-file,discard=unmap,node-name=root,backing=base")
        .contains("filename=../../../images-cache/i.raw")
        .contains("virtio-blk-pci,id=disk-root,drive=root,bootindex=1")
        .contains("id=disk-ephemeral", "id=disk-swap", "id=disk-config")
        .doesNotContain("-drive");
  }

  @Test
  void imagesChooseBuses() {
    assertThat(command(spec(Map.of(), Map.of("hw_disk_bus", "scsi"), List.of())))
        .contains("scsi-hd,id=disk-root,drive=root,bootindex=1,bus=scsi0.0,scsi-id=0,lun=0");
    assertThat(
            command(spec(Map.of(), Map.of("hw_disk_bus", "ide", "hw_cdrom_bus", "ide"), List.of())))
        .contains("ide-hd,id=disk-root,drive=root,bootindex=1,bus=ide.0,unit=0")
        .contains("ide-cd,id=disk-config,drive=config,bus=ide.1,unit=1");
    assertThat(command(spec(Map.of(), Map.of("hw_vif_model", "e1000"), List.of(A))))
        .contains("-device e1000,id=nic-" + A.portId())
        .doesNotContain("host_mtu");
  }

  @Test
  void nicsKeepTheirSlots() {
    var r = record(spec(Map.of(), Map.of(), List.of(A, B)));
    assertThat(String.join(" ", QemuCommand.of("qemu", r, r.spec(), DIR, PAUSED)))
        .contains("tap,id=net-" + A.portId() + ",ifname=tapaaaaaaaa-00,script=no,downscript=no")
        .contains("mac=fa:16:3e:00:00:01,bus=pci.0,addr=0x10,romfile=,host_mtu=1450")
        .contains("mac=fa:16:3e:00:00:02,bus=pci.0,addr=0x11,romfile=");
    var without = r.minus(A.portId());
    assertThat(without.slots()).isEqualTo(Map.of(B.portId(), 0x11));
    assertThat(without.plus(A, false).slots()).containsEntry(A.portId(), 0x10);
  }

  @Test
  void topologyIsTheFlavors() {
    assertThat(GuestFeatures.topology(spec(Map.of("hw:cpu_cores", "2"), Map.of(), List.of())))
        .isEqualTo("4,sockets=2,cores=2,threads=1");
    assertThat(
            GuestFeatures.topology(
                spec(Map.of("hw:cpu_sockets", "1", "hw:cpu_threads", "2"), Map.of(), List.of())))
        .isEqualTo("4,sockets=1,cores=2,threads=2");
    assertThat(
            catchThrowableOfType(
                    Fault.class,
                    () ->
                        GuestFeatures.topology(
                            spec(Map.of("hw:cpu_cores", "3"), Map.of(), List.of())))
                .status())
        .isEqualTo(400);
  }

  @Test
  void whatIsNotHereIsRefusedByName() {
    GuestFeatures.check(spec(Map.of("hw:cpu_policy", "shared"), Map.of(), List.of()));
    for (var wish :
        List.of(
            Map.of("hw:cpu_policy", "dedicated"),
            Map.of("hw:mem_page_size", "large"),
            Map.of("hw:numa_nodes", "2"))) {
      var f =
          catchThrowableOfType(
              Fault.class, () -> GuestFeatures.check(spec(wish, Map.of(), List.of())));
      assertThat(f.code()).isEqualTo("UnsupportedGuestFeature");
      assertThat(f).hasMessageContaining(wish.keySet().iterator().next());
    }
    assertThat(
            catchThrowableOfType(
                    Fault.class,
                    () ->
                        GuestFeatures.check(
                            spec(Map.of(), Map.of("hw_firmware_type", "uefi"), List.of())))
                .status())
        .isEqualTo(400);
  }

  @Test
  void theRecordSurvivesJsonWithoutTheToken() {
    var r =
        record(spec(Map.of("a", "b"), Map.of("c", "d"), List.of(A)))
            .started(welkin.agents.contracts.InstanceState.PowerState.PAUSED, "boot");
    var text = Json.text(r);
    assertThat(text).doesNotContain("very secret");
    assertThat(Json.read(text, GuestRecord.class)).isEqualTo(r);
  }

  @Test
  void qemuSaysWhoItIs() {
    assertThat(HostFacts.version("QEMU emulator version 7.2.22 (Debian 1:7.2)"))
        .isEqualTo(7_002_022);
    assertThat(
            HostFacts.newestMachine(
                "pc                   Standard PC (alias of pc-i440fx-10.0)\n"
                    + "pc-i440fx-9.2        Standard PC\npc-i440fx-10.0       Standard PC\n"))
        .isEqualTo("pc-i440fx-10.0");
  }
}
