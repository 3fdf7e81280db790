/* Operations of Amazon Athena that Sluice does not serve: refused by name. */
#include "aws/athena.h"

const struct operation athena_unserved_operations[] = {
    {.name = "CancelCapacityReservation"}, {.name = "CreateCapacityReservation"},
    {.name = "CreateDataCatalog"}, {.name = "CreateNotebook"},
    {.name = "CreatePresignedNotebookUrl"}, {.name = "DeleteCapacityReservation"},
    {.name = "DeleteDataCatalog"}, {.name = "DeleteNotebook"}, {.name = "ExportNotebook"},
    {.name = "GetCalculationExecution"}, {.name = "GetCalculationExecutionCode"},
    {.name = "GetCalculationExecutionStatus"}, {.name = "GetCapacityAssignmentConfiguration"},
    {.name = "GetCapacityReservation"}, {.name = "GetNotebookMetadata"},
    {.name = "GetResourceDashboard"}, {.name = "GetSession"}, {.name = "GetSessionEndpoint"},
    {.name = "GetSessionStatus"}, {.name = "ImportNotebook"}, {.name = "ListApplicationDPUSizes"},
    {.name = "ListCalculationExecutions"}, {.name = "ListCapacityReservations"},
    {.name = "ListExecutors"}, {.name = "ListNotebookMetadata"}, {.name = "ListNotebookSessions"},
    {.name = "ListSessions"}, {.name = "PutCapacityAssignmentConfiguration"},
    {.name = "StartCalculationExecution"}, {.name = "StartSession"},
    {.name = "StopCalculationExecution"}, {.name = "TerminateSession"},
    {.name = "UpdateCapacityReservation"}, {.name = "UpdateDataCatalog"},
    {.name = "UpdateNotebook"}, {.name = "UpdateNotebookMetadata"},
    {0},
};
