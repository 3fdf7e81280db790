# A folder may include only the doors of the folders on its line.
LAYER_base    :=
LAYER_http    := base
LAYER_state   := base
LAYER_batch   := base
LAYER_decode  := base batch
LAYER_parquet := base batch
LAYER_dialect := base batch
LAYER_sql     := base batch
LAYER_stream  := base http state
LAYER_object  := base http state
LAYER_catalog := base http state batch
LAYER_table   := base batch decode parquet sql object catalog
LAYER_node    := base batch decode parquet sql stream object catalog table
LAYER_job     := base state batch decode parquet stream object catalog table node
LAYER_project := base batch object
LAYER_aws     := base http state batch decode sql stream object catalog table job
LAYER_cli     := base http state batch decode parquet sql stream object catalog table node job project aws
