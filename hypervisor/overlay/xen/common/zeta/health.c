/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Health words: a domain says that it is alive, the control domain reads when
 * it last did. The hypervisor stamps the time, so a domain cannot pretend to
 * have beaten at another moment.
 */
#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/sched.h>
#include <xen/time.h>

#include "private.h"

void zeta_health_init(struct zeta_health *health)
{
    spin_lock_init(&health->lock);
}

int zeta_health_beat(XEN_GUEST_HANDLE_PARAM(void) arg)
{
    struct zeta_health *health = &current->domain->zeta->health;
    struct zeta_health_beat beat;
    int rc = zeta_copy_argument(&beat, arg, sizeof(beat));

    if ( rc )
        return rc;

    spin_lock(&health->lock);
    health->word = beat.word;
    health->beats++;
    /* Under the lock: the time of a later beat is never before an earlier one's. */
    health->beat_ns = NOW();
    spin_unlock(&health->lock);

    return 0;
}

int zeta_health_read(XEN_GUEST_HANDLE_PARAM(void) arg)
{
    struct zeta_health_read read;
    struct zeta_health *health;
    struct domain *d;
    int rc;

    /* Before the argument is touched: others learn nothing, not even which ids exist. */
    if ( !is_control_domain(current->domain) )
        return -EPERM;

    rc = zeta_copy_argument(&read, arg, sizeof(read));
    if ( rc )
        return rc;

    if ( read.reserved[0] | read.reserved[1] | read.reserved[2] )
        return -EINVAL;

    d = rcu_lock_domain_by_id(read.domid);
    if ( !d )
        return -ESRCH;

    health = &d->zeta->health;
    spin_lock(&health->lock);
    read.word = health->word;
    read.beats = health->beats;
    read.beat_ns = health->beat_ns;
    read.now_ns = NOW();
    spin_unlock(&health->lock);

    rcu_unlock_domain(d);

    if ( copy_to_guest(guest_handle_cast(arg, char), (char *)&read,
                       sizeof(read)) )
        return -EFAULT;

    return 0;
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
