/* What the guest needs of UEFI, and no more: members that it does not use are
 * there for their room alone.
 *
 * Source: UEFI 2.10, 4.3 (system table), 4.4 (boot services), 4.5 (runtime
 * services), 7.4 (image services), 8.2 (variable services), 9.3 (loaded
 * image), 10 (device paths), 12.3 and 12.4 (text in and out), 13.4 and 13.5
 * (file protocols), 18.2.3 (what an exception saves); PI 1.7, volume 2, 12.3
 * (CPU protocol).
 */
#ifndef KEYFIT_JOBS_LAB_GUEST_UEFI_H
#define KEYFIT_JOBS_LAB_GUEST_UEFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t efi_status;
typedef void *efi_handle;
typedef void efi_unused(void);

#define EFI_ERROR_BIT (UINT64_C(1) << 63)
#define EFI_UNSUPPORTED (EFI_ERROR_BIT | 3)
#define EFI_NOT_FOUND (EFI_ERROR_BIT | 14)
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR_BIT | 5)

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, pad1;
	uint32_t nanosecond;
	int16_t zone;
	uint8_t daylight, pad2;
};

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, len, crc, reserved;
};

struct efi_boot_services {
	struct efi_table_header header;
	uint64_t (*raise_tpl)(uint64_t level);
	void (*restore_tpl)(uint64_t level);
	efi_status (*allocate_pages)(uint32_t how, uint32_t type, size_t num,
				     uint64_t *at);
	efi_status (*free_pages)(uint64_t at, size_t num);
	efi_unused *get_memory_map;
	efi_status (*allocate_pool)(uint32_t type, size_t len, void **out);
	efi_status (*free_pool)(void *memory);
	efi_unused *create_event, *set_timer;
	efi_status (*wait_for_event)(size_t num, void **events, size_t *which);
	efi_unused *signal_event, *close_event, *check_event;
	efi_status (*install_protocol)(efi_handle *handle,
				       const struct efi_guid *protocol,
				       uint32_t kind, void *interface);
	efi_unused *reinstall_protocol, *uninstall_protocol;
	efi_status (*handle_protocol)(efi_handle handle,
				      const struct efi_guid *protocol,
				      void **out);
	void *reserved;
	efi_unused *register_notify, *locate_handle, *locate_device_path;
	efi_status (*install_configuration_table)(const struct efi_guid *guid,
						  void *table);
	efi_status (*load_image)(bool boot_policy, efi_handle parent,
				 const void *path, const void *source,
				 size_t len, efi_handle *out);
	efi_status (*start_image)(efi_handle image, size_t *len,
				  uint16_t **data);
	efi_status (*exit)(efi_handle image, efi_status status, size_t len,
			   const uint16_t *data);
	efi_status (*unload_image)(efi_handle image);
	efi_unused *exit_boot_services, *get_next_count;
	efi_status (*stall)(size_t microseconds);
	efi_status (*set_watchdog)(size_t seconds, uint64_t code, size_t len,
				   const uint16_t *data);
	efi_unused *connect, *disconnect, *open_protocol, *close_protocol,
		*protocol_information, *protocols_per_handle,
		*locate_handles;
	efi_status (*locate_protocol)(const struct efi_guid *protocol,
				      void *registration, void **out);
	efi_unused *install_protocols, *uninstall_protocols;
	efi_status (*calculate_crc32)(const void *data, size_t len,
				      uint32_t *crc);
};

/* What an exception interrupted: what is left here is where the processor
 * goes on. */
struct efi_x64_context {
	uint64_t error;
	uint8_t fx_state[512];
	uint64_t dr[6], cr[6];
	uint64_t flags, ldtr, tr, gdtr[2], idtr[2], rip;
	uint64_t gs, fs, es, ds, cs, ss;
	uint64_t rdi, rsi, rbp, rsp, rbx, rdx, rcx, rax, r8_to_r15[8];
};

typedef void efi_exception(int64_t kind, struct efi_x64_context *context);

struct efi_cpu {
	efi_unused *flush, *enable, *disable, *get_state, *init;
	efi_status (*register_exception)(struct efi_cpu *cpu, int64_t kind,
					 efi_exception *taken);
};

typedef efi_status efi_get_variable(const uint16_t *name,
				    const struct efi_guid *vendor,
				    uint32_t *attributes, size_t *len,
				    void *data);

struct efi_runtime_services {
	struct efi_table_header header;
	efi_unused *get_time, *set_time, *get_wakeup, *set_wakeup;
	efi_unused *set_virtual_map, *convert_pointer;
	efi_get_variable *get_variable;
	efi_unused *get_next_variable;
	efi_status (*set_variable)(const uint16_t *name,
				   const struct efi_guid *vendor,
				   uint32_t attributes, size_t len,
				   const void *data);
	efi_unused *get_next_high_count;
	void (*reset)(uint32_t how, efi_status status, size_t len,
		      const void *data);
};

struct efi_configuration {
	struct efi_guid guid;
	void *table;
};

struct efi_system_table {
	struct efi_table_header header;
	uint16_t *vendor;
	uint32_t vendor_revision;
	efi_handle console_in_handle;
	struct efi_input *console_in;
	efi_handle console_out_handle;
	struct efi_output *console_out;
	efi_handle console_error_handle;
	void *console_error;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
	size_t num_configurations;
	struct efi_configuration *configuration;
};

struct efi_loaded_image {
	uint32_t revision;
	efi_handle parent;
	struct efi_system_table *system;
	efi_handle device;
	void *path;
};

struct efi_file {
	uint64_t revision;
	efi_status (*open)(struct efi_file *in, struct efi_file **out,
			   const uint16_t *name, uint64_t mode,
			   uint64_t attributes);
	efi_status (*close)(struct efi_file *file);
	efi_unused *remove;
	efi_status (*read)(struct efi_file *file, size_t *len, void *out);
	efi_unused *write;
	efi_status (*position)(struct efi_file *file, uint64_t *at);
	efi_status (*seek)(struct efi_file *file, uint64_t at);
	efi_status (*get_info)(struct efi_file *file,
			       const struct efi_guid *kind, size_t *len,
			       void *out);
	efi_unused *set_info, *flush;
};

struct efi_file_system {
	uint64_t revision;
	efi_status (*open_volume)(struct efi_file_system *system,
				  struct efi_file **root);
};

struct efi_key {
	uint16_t scan, character;
};

struct efi_input {
	efi_status (*reset)(struct efi_input *in, bool thorough);
	efi_status (*read_key)(struct efi_input *in, struct efi_key *key);
	void *key_event;
};

struct efi_output_mode {
	int32_t num_modes, mode, attribute, column, row;
	bool cursor;
};

struct efi_output {
	efi_status (*reset)(struct efi_output *out, bool thorough);
	efi_status (*write)(struct efi_output *out, const uint16_t *words);
	efi_status (*test)(struct efi_output *out, const uint16_t *words);
	efi_status (*query_mode)(struct efi_output *out, size_t mode,
				 size_t *columns, size_t *rows);
	efi_status (*set_mode)(struct efi_output *out, size_t mode);
	efi_status (*set_attribute)(struct efi_output *out, size_t attribute);
	efi_status (*clear)(struct efi_output *out);
	efi_status (*set_cursor)(struct efi_output *out, size_t column,
				 size_t row);
	efi_status (*show_cursor)(struct efi_output *out, bool yes);
	struct efi_output_mode *mode;
};

/* A device path is a row of nodes; type 0x7f ends it. */
struct efi_path_node {
	uint8_t type, subtype;
	uint8_t len[2];
};

enum {
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA = 2,
	EFI_RESET_SHUTDOWN = 2,
	EFI_PATH_MEDIA = 4,
	EFI_PATH_MEDIA_FILE = 4,
	EFI_PATH_END = 0x7f,
	EFI_FILE_READ = 1,
	/* Non-volatile, at boot and run time, with a time-based signature. */
	EFI_AUTHENTICATED = 0x27,
	/* At boot and run time: what the firmware computes at its start. */
	EFI_VOLATILE = 0x06,
	/* Non-volatile, at boot alone. */
	EFI_BOOT_ONLY = 0x03,
};

#endif
