package welkin.agents.contracts;

import java.util.List;
import java.util.Map;

/**
 * Everything a host needs to make a guest.
 *
 * @param hostname the guest's host name, as metadata tells it
 * @param vcpus number of virtual processors
 * @param memoryMb memory in MiB
 * @param rootGb root disk in GiB; 0 means the image's own size
 * @param ephemeralGb second disk in GiB, 0 for none
 * @param swapMb swap disk in MiB, 0 for none
 * @param image where the root disk's content comes from
 * @param nics network devices in order
 * @param configDrive the files of the config drive by path (e.g. {@code
 *     openstack/latest/meta_data.json}), or null for none; values are Base64
 * @param extraSpecs the flavor's extra specs ({@code hw:...})
 * @param imageProperties the image's properties ({@code hw_disk_bus}, ...)
 */
public record InstanceSpec(
    String serverId,
    String name,
    String hostname,
    String projectId,
    int vcpus,
    int memoryMb,
    int rootGb,
    int ephemeralGb,
    int swapMb,
    ImageSource image,
    List<NicSpec> nics,
    Map<String, String> configDrive,
    Map<String, String> extraSpecs,
    Map<String, String> imageProperties) {

  /**
   * An image to boot from, fetched once per host by HTTP and kept in its cache.
   *
   * @param url where its bytes are, {@code .../v2/images/{id}/file}
   * @param token a service token for the download
   * @param diskFormat qcow2, raw, ...
   * @param sizeBytes bytes to download
   * @param osHashValue the sha512 the bytes must have, or null
   */
  public record ImageSource(
      String id,
      String url,
      welkin.core.Secret token,
      String diskFormat,
      long sizeBytes,
      String osHashValue) {}
}
