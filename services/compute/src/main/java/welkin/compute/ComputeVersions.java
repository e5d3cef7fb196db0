package welkin.compute;

import welkin.http.Version;

/**
 * Compute's microversions, each with what it changed. What clients see of it is decided in the
 * {@code *Wire} classes and route tables; behind them there is one version: now.
 */
public enum ComputeVersions {
  /** Baseline, same behaviour as the v2.0 API with strict validation. */
  V2_1,
  /** Keypair type (ssh/x509); create answers 201, delete 204. */
  V2_2,
  /**
   * More OS-EXT-SRV-ATTR fields (hostname, kernel/ramdisk id, reservation id, root device, user
   * data); delete_on_termination in attached volumes.
   */
  V2_3,
  /** Reserved field in os-fixed-ips. */
  V2_4,
  /** Non-admins may filter servers by ip6. */
  V2_5,
  /** New POST remote-consoles replaces the four get-console actions. */
  V2_6,
  /** 409/400 when adding access to a public flavor. */
  V2_7,
  /** Mks console protocol. */
  V2_8,
  /** Locked field in server view. */
  V2_9,
  /** Admin may manage other users' keypairs with user_id. */
  V2_10,
  /** Forced_down of compute services and the force-down call. */
  V2_11,
  /** Net_id in os-virtual-interfaces. */
  V2_12,
  /** Project_id and user_id in server groups. */
  V2_13,
  /** Evacuate loses onSharedStorage and its adminPass reply. */
  V2_14,
  /** Soft-affinity and soft-anti-affinity policies. */
  V2_15,
  /** Host_status in server view. */
  V2_16,
  /** Trigger_crash_dump action. */
  V2_17,
  /** Project id in the URL becomes optional. */
  V2_18,
  /** Server description. */
  V2_19,
  /** Volume attach/detach on shelved servers. */
  V2_20,
  /** Instance actions readable for deleted servers. */
  V2_21,
  /** Force_complete of a running live migration. */
  V2_22,
  /** List/show of a server's migrations; migration_type in os-migrations. */
  V2_23,
  /** Abort a running live migration (DELETE). */
  V2_24,
  /** Block_migration accepts auto; disk_over_commit dropped. */
  V2_25,
  /** Server tags API and tag filters. */
  V2_26,
  /** OpenStack-API-Version header supported beside the old one. */
  V2_27,
  /** Hypervisor cpu_info is an object instead of a JSON string. */
  V2_28,
  /** Evacuate: force flag, host is checked by the scheduler. */
  V2_29,
  /** Live migrate: force flag, host is checked by the scheduler. */
  V2_30,
  /** Console auth token lookup for all console types. */
  V2_31,
  /** Device tags for networks and block devices at boot. */
  V2_32,
  /** Paging of hypervisors. */
  V2_33,
  /** Live-migration checks become asynchronous (no 400 for failed checks). */
  V2_34,
  /** Paging of keypairs. */
  V2_35,
  /** Proxy APIs (image, network, volume, security group, baremetal, fping) answer 404. */
  V2_36,
  /** Networks auto/none at boot, networks mandatory; uuid format enforced. */
  V2_37,
  /** 400 for an unknown status filter. */
  V2_38,
  /** Image metadata proxy gone; maxImageMeta limit hidden. */
  V2_39,
  /** Paging of simple tenant usage. */
  V2_40,
  /** Uuid in aggregates. */
  V2_41,
  /** Device tags work again for disks and NICs (bug in 2.33/2.37). */
  V2_42,
  /** Os-hosts answers 404. */
  V2_43,
  /** Fixed/floating ip actions and os-virtual-interfaces answer 404. */
  V2_44,
  /** CreateImage/createBackup return image_id in the body, no Location. */
  V2_45,
  /** X-OpenStack-Request-ID response header. */
  V2_46,
  /** Flavor embedded in the server view instead of a link. */
  V2_47,
  /** Uniform diagnostics format. */
  V2_48,
  /** Tags on attach of interfaces and volumes. */
  V2_49,
  /** Quota classes show server group quotas, hide network ones. */
  V2_50,
  /** Volume-extended external event; non-admin sees action events. */
  V2_51,
  /** Tags at server create. */
  V2_52,
  /** Uuids as ids of services and hypervisors; new PUT os-services/{id}. */
  V2_53,
  /** Key_name changeable at rebuild. */
  V2_54,
  /** Flavor description and PUT flavor. */
  V2_55,
  /** Target host for cold migration. */
  V2_56,
  /** No personality files; user_data at rebuild; injected-file quotas gone. */
  V2_57,
  /** Paging and changes-since for instance actions. */
  V2_58,
  /** Paging, changes-since and uuid for os-migrations. */
  V2_59,
  /** Multi-attach volumes. */
  V2_60,
  /** Extra_specs inside the flavor view. */
  V2_61,
  /** Host and hostId in instance action detail. */
  V2_62,
  /** Trusted_image_certificates at create and rebuild. */
  V2_63,
  /** Server group policy + rules (max_server_per_host) replace policies/metadata. */
  V2_64,
  /** Abort live migrations still queued or preparing. */
  V2_65,
  /** Changes-before filter. */
  V2_66,
  /** Volume_type in block_device_mapping_v2. */
  V2_67,
  /** Force flag of live migrate/evacuate removed. */
  V2_68,
  /** Partial results (UNKNOWN) when a cell is down. */
  V2_69,
  /** Device tags in attachment and interface views. */
  V2_70,
  /** Server_groups in server view. */
  V2_71,
  /** Boot with ports that carry resource requests. */
  V2_72,
  /** Lock reason and locked filter/sort. */
  V2_73,
  /** Host / hypervisor_hostname at create. */
  V2_74,
  /** Unknown query/body parameters rejected; uniform server view; swap 0. */
  V2_75,
  /** Power-update external event. */
  V2_76,
  /** Availability_zone at unshelve. */
  V2_77,
  /** NUMA topology of a server. */
  V2_78,
  /** Delete_on_termination at volume attach. */
  V2_79,
  /** User_id/project_id in migrations. */
  V2_80,
  /** Image pre-caching for an aggregate. */
  V2_81,
  /** Accelerator-request-bound external event. */
  V2_82,
  /** More list filters for non-admins. */
  V2_83,
  /** Details text in action events. */
  V2_84,
  /** Change delete_on_termination of an attached volume. */
  V2_85,
  /** Known flavor extra specs are validated. */
  V2_86,
  /** Rescue of volume-backed servers. */
  V2_87,
  /** Hypervisor statistics and uptime call removed; uptime moved into view. */
  V2_88,
  /** Attachment_id and bdm_uuid in volume attachments, id dropped. */
  V2_89,
  /** Hostname selectable and always shown. */
  V2_90,
  /** Unshelve to a host; pin/unpin AZ. */
  V2_91,
  /** No keypair generation; @ and . allowed in names. */
  V2_92,
  /** Rebuild of volume-backed servers. */
  V2_93,
  /** FQDN hostnames. */
  V2_94,
  /** Evacuated servers end up stopped. */
  V2_95,
  /** Pinned_availability_zone in views. */
  V2_96;

  /** The oldest, also what a client gets that asks for none. */
  public static final Version MIN = Version.of(2, 1);

  /** The newest. */
  public static final Version MAX = Version.of(2, 96);

  /** This one as a version. */
  public Version version() {
    return Version.of(2, ordinal() + 1);
  }
}
