/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of the zeta hypercall family. Every argument comes from a guest and is
 * hostile until checked.
 */
#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/string.h>

#include <zeta/version.h>

#include "private.h"

int zeta_copy_argument(void *to, XEN_GUEST_HANDLE_PARAM(void) from,
                       size_t bytes)
{
    XEN_GUEST_HANDLE_PARAM(char) guest = guest_handle_cast(from, char);
    struct zeta_header header;

    if ( copy_from_guest((char *)&header, guest, sizeof(header)) )
        return -EFAULT;

    if ( header.version != ZETA_ABI_VERSION )
        return -EINVAL;
    if ( header.bytes != bytes )
        return header.bytes > bytes ? -E2BIG : -EINVAL;

    /* The header is not read again: the guest may have changed it since. */
    memcpy(to, &header, sizeof(header));
    if ( copy_from_guest_offset((char *)to + sizeof(header), guest,
                                sizeof(header), bytes - sizeof(header)) )
        return -EFAULT;

    return 0;
}

static int zeta_capabilities(XEN_GUEST_HANDLE_PARAM(void) arg)
{
    struct zeta_capabilities caps;
    int rc = zeta_copy_argument(&caps, arg, sizeof(caps));

    if ( rc )
        return rc;

    if ( caps.reserved )
        return -EINVAL;

    caps.abi_version_min = ZETA_ABI_VERSION;
    caps.abi_version_max = ZETA_ABI_VERSION;
    caps.product_major = ZETA_PRODUCT_MAJOR;
    caps.product_minor = ZETA_PRODUCT_MINOR;
    caps.product_patch = ZETA_PRODUCT_PATCH;
    caps.features = ZETA_FEATURE_HEALTH;

    if ( copy_to_guest(guest_handle_cast(arg, char), (char *)&caps,
                       sizeof(caps)) )
        return -EFAULT;

    return 0;
}

long do_zeta_op(unsigned int op, XEN_GUEST_HANDLE_PARAM(void) arg)
{
    switch ( op )
    {
    case ZETA_OP_CAPABILITIES:
        return zeta_capabilities(arg);

    case ZETA_OP_HEALTH_BEAT:
        return zeta_health_beat(arg);

    case ZETA_OP_HEALTH_READ:
        return zeta_health_read(arg);

    default:
        /* Not -ENOSYS, which is what a hypervisor without the family says. */
        return -EOPNOTSUPP;
    }
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
