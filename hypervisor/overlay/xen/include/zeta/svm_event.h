/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ZETA_SVM_EVENT_H
#define ZETA_SVM_EVENT_H

struct vmcb_struct;

/* Before the entry: an external interrupt to be injected becomes a virtual one. */
void zeta_svm_event_before_entry(struct vmcb_struct *vmcb);

/* After the exit, before exit_int_info is looked at: what was not delivered is reported there. */
void zeta_svm_event_after_exit(struct vmcb_struct *vmcb);

#endif
